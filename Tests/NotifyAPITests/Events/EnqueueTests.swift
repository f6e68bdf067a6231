import Foundation
import Hummingbird
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Events over HTTP")
struct EnqueueTests {
    private func ids(_ answer: Answer) throws -> [Int] {
        try (answer.object["event_ids"] as? [NSNumber] ?? []).map(\.intValue)
    }

    @Test("One event is queued, and its outcome can be asked for by its id")
    func one() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let answer = try await api.send(
                .post, "/v1/events", as: token, event(for: ada, #""organization_id":"\#(acme)","dedupe_key":"k""#))
            #expect(answer.status == 201)
            let id = try #require(answer["event_id"])
            let row = "select concat_ws(' ', id, kind, user_id, organization_id) from notify.events"
            #expect(try await api.database.value(row) == "\(id) assigned_ticket \(ada) \(acme)")
            let payload = try await api.database.value("select payload from notify.event_payloads")
            #expect(payload?.contains("Printer on fire") == true)
            let history = try await api.send(.get, "/v1/events/\(id)", as: token)
            #expect(history["event_id"] == id)
            #expect(history["state"] == "ready")
            #expect(history["user_id"] == ada)
            #expect(history["outcome"] == nil)
            let tomorrow = try await api.database.value(
                "select to_char(now() + interval '1 day', 'YYYY-MM-DD') || 'T00:00:00Z'")
            let later = try await api.send(
                .post, "/v1/events", as: token, event(for: ada, #""send_at":"\#(tomorrow ?? "")""#))
            let scheduled = try await api.send(.get, "/v1/events/\(try #require(later["event_id"]))", as: token)
            #expect(scheduled["state"] == "scheduled")
            let again = try await api.send(
                .post, "/v1/events", as: token, event(for: ada, #""organization_id":"\#(acme)","dedupe_key":"k""#))
            #expect(again["event_id"] == id)
        }
    }

    @Test("A batch gives its ids in its order")
    func batch() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let answer = try await api.send(
                .post, "/v1/events", as: token, #"{"events":[\#(event(for: bob)),\#(event()),\#(event(for: cyd))]}"#)
            #expect(answer.status == 201)
            let users = try await api.database.column("select user_id from notify.events order by id")
            #expect(users == [bob, ada, cyd])
            let queued = try await api.database.column("select id from notify.events order by id").compactMap(\.self)
            #expect(try ids(answer).map { "\($0)" } == queued)
        }
    }

    @Test("1,000 events go in together; 1,001, none at all, and what is no array do not", arguments: [1_000, 1_001, 0])
    func count(count: Int) async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let events = Array(repeating: event(), count: count).joined(separator: ",")
            let answer = try await api.send(.post, "/v1/events", as: token, #"{"events":[\#(events)]}"#)
            #expect(answer.outcome == (count == 1_000 ? "201" : "422 invalid_value"))
            #expect(answer["field"] == (count == 1_000 ? nil : "events"))
            let queued = try await api.database.value("select count(*) from notify.events")
            #expect(queued == (count == 1_000 ? "1000" : "0"))
        }
    }

    struct Bad: Sendable {
        let event: String
        let outcome: String
        let field: String

        init(_ event: String, _ outcome: String, _ field: String) {
            self.event = event
            self.outcome = outcome
            self.field = field
        }
    }

    static let badEvents: [Bad] = [
        Bad(event().replacing("assigned_ticket", with: "x"), "422 unknown_kind", "kind"),
        Bad(event().replacing("assigned_ticket", with: "account_password_reset"), "422 unknown_kind", "kind"),
        Bad(event().replacing(#""subject":"Printer on fire","#, with: ""), "422 missing_field", "subject"),
        Bad(event().replacing("Printer on fire", with: ""), "422 missing_field", "subject"),
        Bad(event().replacing("\"subject\"", with: "\"subjekt\":\"\",\"subject\""), "422 unknown_field", "subjekt"),
        Bad(event().replacing("\"7\"", with: "7"), "422 invalid_value", "ticket_id"),
        Bad(event().replacing("https://app", with: "javascript:"), "422 invalid_value", "url"),
        Bad(event(for: nobody), "422 unknown_user", "user_id"),
        Bad(event(for: "x"), "422 invalid_value", "user_id"),
        Bad(event(for: cyd, #""organization_id":"\#(acme)""#), "422 not_a_member", "organization_id"),
        Bad(
            event(for: ada, #""send_at":"2030-01-02T00:00:00Z","expires_at":"2030-01-01T00:00:00Z""#),
            "422 impossible_times", "expires_at"),
        Bad(event(for: ada, #""colour":"red""#), "422 unknown_field", "colour"),
        Bad("{}", "422 missing_field", "payload"),
    ]

    @Test(
        "An event that SQL refuses is refused with the same code, field and words; a single one has no index",
        arguments: badEvents.indices)
    func refused(index: Int) async throws {
        let bad = Self.badEvents[index]
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let before = try await api.contents()
            let single = try await api.send(.post, "/v1/events", as: token, bad.event)
            #expect(single.outcome == bad.outcome)
            #expect(single["field"] == bad.field)
            #expect(single["index"] == nil)
            #expect(single["detail"]?.contains("events[") == false)
            let batch = try await api.send(
                .post, "/v1/events", as: token, #"{"events":[\#(event()),\#(event()),\#(bad.event),\#(event())]}"#)
            #expect(batch.outcome == bad.outcome)
            #expect(batch["field"] == bad.field)
            #expect(batch["index"] == "2")
            #expect(batch["detail"] == single["detail"])
            let words = try await api.database.refusal(
                "select notify.enqueue_many(jsonb_build_array('\(bad.event)'::jsonb))")
            #expect(words?.message == "events[0]: \(single["detail"] ?? "")")
            #expect(try await api.contents() == before)
        }
    }

    @Test(
        "What is not even events is refused before SQL sees it, with the place",
        arguments: [
            ("[]", "422 invalid_value", nil, nil), ("\"x\"", "422 invalid_value", nil, nil),
            (#"{"events":{}}"#, "422 invalid_value", "events", nil),
            (#"{"events":null}"#, "422 invalid_value", "events", nil),
            (#"{"events":[1]}"#, "422 invalid_value", "events[0]", "0"),
            (#"{"events":[{},[]]}"#, "422 invalid_value", "events[1]", "1"),
            (#"{"events":[{}],"kind":"x"}"#, "422 unknown_field", "kind", nil),
            (#"{"events":[{"kind":"a","kind":"b"}]}"#, "400 invalid_json", "events[0].kind", "0"),
            (#"{"kind":"\ud800"}"#, "400 invalid_json", "kind", nil), ("{", "400 invalid_json", nil, nil),
            ("", "400 invalid_json", nil, nil),
        ] as [(String, String, String?, String?)])
    func malformed(body: String, outcome: String, field: String?, index: String?) async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let before = try await api.contents()
            let answer = try await api.send(.post, "/v1/events", as: token, body)
            #expect(answer.outcome == outcome)
            #expect(answer["field"] == field)
            #expect(answer["index"] == index)
            #expect(try await api.contents() == before)
        }
    }

    static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    static let otherTrace = "00-11111111111111111111111111111111-2222222222222222-00"

    @Test("The request's trace goes into the events that have none of their own")
    func traceparent() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let own = event(for: bob, #""traceparent":"\#(Self.otherTrace)""#)
            let null = event(for: bob, #""traceparent":null"#)
            let answer = try await api.send(
                .post, "/v1/events", as: token, #"{"events":[\#(event()),\#(own),\#(null) ]}"#,
                headers: [.traceparent: Self.trace])
            #expect(answer.status == 201)
            let traces = try await api.database.column("select traceparent from notify.events order by id")
            #expect(traces == [Self.trace, Self.otherTrace, Self.trace])
        }
    }

    @Test(
        "A trace that is none is passed over",
        arguments: ["", "x", #"00-","x":"#, String(repeating: "-", count: 56), String(trace.dropLast())])
    func badTraceparent(trace: String) async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let answer = try await api.send(.post, "/v1/events", as: token, event(), headers: [.traceparent: trace])
            #expect(answer.status == 201)
            #expect(try await api.database.value("select traceparent is null from notify.events") == "true")
        }
    }

    @Test(
        "Only a body that is said to be JSON is read",
        arguments: ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
    func contentType(type: String) async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let refused = try await api.send(
                .post, "/v1/events", as: token, event(), headers: [.contentType: type])
            #expect(refused.outcome == "415 unsupported_media_type")
            let taken = try await api.send(
                .post, "/v1/events", as: token, event(), headers: [.contentType: "Application/JSON ; charset=utf-8"])
            #expect(taken.status == 201)
        }
    }

    @Test("Cancelling is a promise about what is open under the key, for one user or for all")
    func cancel() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            for user in [ada, bob] {
                _ = try await api.send(.post, "/v1/events", as: token, event(for: user, #""dedupe_key":"k""#))
            }
            func cancel(_ body: String) async throws -> Bool? {
                try await api.send(.post, "/v1/events/cancel", as: token, body).object["cancelled"] as? Bool
            }
            #expect(try await cancel(#"{"dedupe_key":"k","user_id":"\#(cyd)"}"#) == false)
            #expect(try await cancel(#"{"dedupe_key":"k","user_id":"\#(ada)"}"#) == true)
            #expect(try await api.database.column("select user_id from notify.events") == [bob])
            #expect(try await cancel(#"{"dedupe_key":"k"}"#) == true)
            #expect(try await cancel(#"{"dedupe_key":"k"}"#) == false)
            let story = try await api.database.column("select concat_ws(' ', outcome, reason) from notify.deliveries")
            #expect(story == ["cancelled by_producer", "cancelled by_producer"])
            let bad = try await api.send(.post, "/v1/events/cancel", as: token, #"{"dedupe_key":"k","user":"x"}"#)
            #expect(bad.outcome == "422 unknown_field")
        }
    }

    @Test("What became of an event is told, and nothing of one that nobody knows")
    func outcome() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let id = try #require(
                try await api.send(.post, "/v1/events", as: token, event(for: ada, #""dedupe_key":"k""#))["event_id"])
            _ = try await api.send(.post, "/v1/events/cancel", as: token, #"{"dedupe_key":"k"}"#)
            let answer = try await api.send(.get, "/v1/events/\(id)", as: token)
            #expect(answer["outcome"] == "cancelled")
            #expect(answer["reason"] == "by_producer")
            #expect(answer["state"] == nil)
            #expect(answer["finished_at"] != nil)
            #expect(try await api.send(.get, "/v1/events/424242", as: token).outcome == "404 not_found")
        }
    }
}
