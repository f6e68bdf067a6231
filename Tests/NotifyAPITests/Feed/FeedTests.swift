import Foundation
import Hummingbird
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("The in-app feed over HTTP")
struct FeedTests {
    private let feed = "/v1/me/notifications"

    private func entries(_ answer: Answer) throws -> [[String: Any]] {
        try answer.object["notifications"] as? [[String: Any]] ?? []
    }

    private func ids(_ answer: Answer) throws -> [String] {
        try entries(answer).map { "\($0["event_id"] ?? "")" }
    }

    /// The ids on the first page.
    private func list(_ api: TestAPI, _ query: String = "", as token: String) async throws -> [String] {
        try ids(try await api.send(.get, feed + query, as: token))
    }

    /// Enqueues in SQL, one event a call, each visible a second before the next.
    private func enqueue(
        _ api: TestAPI, _ count: Int, for user: String = ada, ago seconds: Int = 0
    ) async throws -> [String] {
        try await api.database
            .column(
                """
                select notify.enqueue('assigned_ticket', '\(user)', '\(ticket)', '\(user == cyd ? globex : acme)',
                    send_at => now() - interval '\(seconds) seconds' - (\(count) - n) * interval '1 second')
                from (select * from generate_series(1, \(count)) n order by n) s (n)
                """
            )
            .compactMap(\.self)
    }

    @Test("An entry has what the event had, newest first, whatever the switches say")
    func content() async throws {
        try await withAPI { api in
            let tokens = [ada: try await api.session(of: ada), bob: try await api.session(of: bob)]
            _ = try await api.send(
                .patch, "/v1/me/email-preferences", as: tokens[ada],
                #"{"switches":{"assigned_tickets":false,"assigned_reminders":false,"assigned_inquiries":false,"assigned_conversations":false,"notes_in_assigned_conversations":false}}"#
            )
            let service = try await api.key([.events]).token
            for user in [ada, bob] {
                let body = event(for: user, #""organization_id":"\#(acme)","actor_id":"\#(cyd)""#)
                #expect(try await api.send(.post, "/v1/events", as: service, body).status == 201)
            }
            var texts: [String] = []
            for user in [ada, bob] {
                let answer = try await api.send(.get, feed, as: tokens[user])
                let entry = try #require(try entries(answer).first)
                #expect(entry["kind"] as? String == "assigned_ticket")
                #expect(entry["organization_id"] as? String == acme)
                #expect(entry["actor_id"] as? String == cyd)
                #expect(entry["read_at"] is NSNull)
                #expect(try answer.object["next_cursor"] is NSNull)
                let payload = try JSONSerialization.data(
                    withJSONObject: entry["payload"] ?? "", options: [.sortedKeys, .withoutEscapingSlashes])
                texts.append(String(decoding: payload, as: UTF8.self))
            }
            #expect(try texts == [ticket.sortedJSON, ticket.sortedJSON])
        }
    }

    @Test("What is set for later is not there yet, what was cancelled unread is there no more, and neither counts")
    func hidden() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let ids = try await enqueue(api, 1)
            try await api.database.execute(
                """
                select notify.enqueue('assigned_ticket', '\(ada)', '\(ticket)', send_at => now() + interval '1 hour'),
                    notify.enqueue('assigned_ticket', '\(ada)', '\(ticket)', dedupe_key => 'gone');
                select notify.cancel('gone')
                """)
            #expect(try await list(api, as: token) == ids)
            #expect(try await api.send(.get, "\(feed)/unread-count", as: token).body == #"{"unread":1}"#)
            let others = try await api.database.column(
                "select event_id from notify.notifications where event_id <> \(ids[0])")
            for other in others.compactMap(\.self) {
                #expect(try await api.send(.post, "\(feed)/\(other)/read", as: token).outcome == "404 not_found")
            }
            #expect(try await api.send(.post, "\(feed)/read", as: token).body == #"{"marked":1}"#)
            let read = try await api.database.value(
                "select count(*) from notify.notifications where read_at is not null")
            #expect(read == "1")
        }
    }

    @Test("Pages have every entry once, in order, also while new ones come in and where times are equal")
    func pages() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            _ = try await enqueue(api, 7, ago: 100)
            try await api.database.execute(
                """
                select notify.enqueue('assigned_ticket', '\(ada)', '\(ticket)', send_at => now() - interval '1 hour')
                from generate_series(1, 5)
                """)
            let expected = try await api.database
                .column(
                    "select event_id from notify.notifications order by visible_at desc, event_id desc"
                )
                .compactMap(\.self)
            var seen: [String] = []
            var path: String? = "\(feed)?limit=3"
            while let next = path {
                let answer = try await api.send(.get, next, as: token)
                seen += try ids(answer)
                path = answer["next_cursor"].map { "\(feed)?limit=3&cursor=\($0)" }
                _ = try await enqueue(api, 1)
            }
            #expect(seen == expected)
            let first = try await api.send(.get, "\(feed)?limit=100", as: token)
            #expect(try ids(first).count == 12 + 4)
        }
    }

    @Test("An entry's cursor is taken however long ago it became visible")
    func longAgo() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let times = ["1960-02-29 12:00:00.000001 UTC", "1000-01-01 UTC", "4714-11-24 00:00:00 UTC BC"]
            var expected: [String] = []
            for time in times {
                let id = try await api.database.value(
                    "select notify.enqueue('assigned_ticket', '\(ada)', '\(ticket)', send_at => '\(time)')")
                expected.append(try #require(id))
            }
            var seen: [String] = []
            var path: String? = "\(feed)?limit=1"
            while let next = path {
                let answer = try await api.send(.get, next, as: token)
                #expect(answer.status == 200, "\(answer.body)")
                seen += try ids(answer)
                path = answer["next_cursor"].map { "\(feed)?limit=1&cursor=\($0)" }
            }
            #expect(seen == expected)
            for entry in try entries(try await api.send(.get, feed, as: token)).reversed() {
                let cursor = try #require(entry["cursor"] as? String)
                let marked = try await api.send(.post, "\(feed)/read", as: token, #"{"up_to":"\#(cursor)"}"#)
                #expect(marked.body == #"{"marked":1}"#)
            }
        }
    }

    @Test("One entry is marked once: its first reading stays")
    func markOne() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let ids = try await enqueue(api, 2)
            let first = try await api.send(.post, "\(feed)/\(ids[0])/read", as: token)
            #expect(first.status == 200)
            #expect(try await api.send(.post, "\(feed)/\(ids[0])/read", as: token).body == first.body)
            #expect(try await list(api, "?unread=true", as: token) == [ids[1]])
            #expect(try await list(api, "?unread=false", as: token).count == 2)
            #expect(try await api.send(.get, "\(feed)/unread-count", as: token).body == #"{"unread":1}"#)
        }
    }

    @Test("All are marked up to the entry that was seen, or all there are; another user's stay as they are")
    func markAll() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            _ = try await enqueue(api, 3, for: bob)
            _ = try await enqueue(api, 5)
            let page = try entries(try await api.send(.get, feed, as: token))
            let cursor = try #require(page[2]["cursor"] as? String)
            let upTo = try await api.send(.post, "\(feed)/read", as: token, #"{"up_to":"\#(cursor)"}"#)
            #expect(upTo.body == #"{"marked":3}"#)
            let unread = try await api.send(.get, "\(feed)?unread=true", as: token)
            #expect(try ids(unread) == page.prefix(2).map { "\($0["event_id"] ?? "")" })
            #expect(try await api.send(.post, "\(feed)/read", as: token).body == #"{"marked":2}"#)
            #expect(try await api.send(.post, "\(feed)/read", as: token, "{}").body == #"{"marked":0}"#)
            let theirs = try await api.database.value(
                "select count(*) from notify.notifications where user_id = '\(bob)' and read_at is null")
            #expect(theirs == "3")
        }
    }

    @Test("Another user's entries are not to be seen, nor to be marked by id or by position")
    func others() async throws {
        try await withAPI { api in
            let ids = try await enqueue(api, 2)
            let mine = try await api.session(of: ada)
            let theirs = try await api.session(of: bob)
            let cursor = try #require(try entries(try await api.send(.get, feed, as: mine))[0]["cursor"] as? String)
            let before = try await api.contents()
            #expect(try await list(api, as: theirs) == [])
            #expect(try await api.send(.post, "\(feed)/\(ids[0])/read", as: theirs).outcome == "404 not_found")
            let marked = try await api.send(.post, "\(feed)/read", as: theirs, #"{"up_to":"\#(cursor)"}"#)
            #expect(marked.body == #"{"marked":0}"#)
            #expect(try await api.contents() == before)
        }
    }

    @Test(
        "A cursor that no page gave is refused, also one with numbers that no time has",
        arguments: [
            "x", "MQ", Query.cursorText("1"), Query.cursorText("1", "2", "3"), Query.cursorText("x", "1"),
            Query.cursorText("1", ""), Query.cursorText("-210866803200000001", "1"),
            Query.cursorText("\(Int64.max)", "1"),
            Query.cursorText("\(Int64.min)", "1"), Query.cursorText("1", "99999999999999999999"),
        ])
    func badCursor(cursor: String) async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            _ = try await enqueue(api, 1)
            let before = try await api.contents()
            let listed = try await api.send(.get, "\(feed)?cursor=\(cursor)", as: token)
            #expect(listed.outcome == "422 invalid_value")
            #expect(listed["field"] == "cursor")
            let marked = try await api.send(.post, "\(feed)/read", as: token, #"{"up_to":"\#(cursor)"}"#)
            #expect(marked.outcome == "422 invalid_value")
            #expect(marked["field"] == "up_to")
            #expect(try await api.contents() == before)
        }
    }

    @Test("A body that is not said to be JSON is refused, not passed over: what it says would not be done")
    func bodyWithoutType() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            _ = try await enqueue(api, 1)
            let answer = try await api.send(
                .post, "\(feed)/read", as: token, #"{"up_to":"x"}"#, headers: [.contentType: "text/plain"])
            #expect(answer.outcome == "415 unsupported_media_type")
            #expect(try await api.send(.get, "\(feed)/unread-count", as: token).body == #"{"unread":1}"#)
        }
    }
}

extension String {
    /// The same JSON with its names in order.
    fileprivate var sortedJSON: String {
        get throws {
            let object = try JSONSerialization.jsonObject(with: Data(utf8))
            let data = try JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
            return String(decoding: data, as: UTF8.self)
        }
    }
}
