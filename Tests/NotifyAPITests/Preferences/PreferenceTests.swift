import Foundation
import Hummingbird
import NotifyCore
import PostgresClient
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("E-mail preferences over HTTP", .timeLimit(.minutes(3)))
struct PreferenceTests {
    private let mine = "/v1/me/email-preferences"
    private let adas = "/v1/users/\(ada)/email-preferences"

    private func patch(
        _ api: TestAPI, _ path: String, as token: String, _ switches: String, ifMatch: String? = nil
    ) async throws -> Answer {
        var headers = HTTPFields()
        if let ifMatch { headers[.ifMatch] = ifMatch }
        return try await api.send(.patch, path, as: token, #"{"switches":{\#(switches)}}"#, headers: headers)
    }

    private func history(_ api: TestAPI, as token: String) async throws -> [String] {
        let answer = try await api.send(.get, "\(mine)/changes", as: token)
        let changes = try answer.object["changes"] as? [[String: Any]] ?? []
        return changes.map { "\($0["switch"] ?? "") \($0["enabled"] ?? "") \($0["via"] ?? "") \($0["actor"] ?? "")" }
    }

    @Test("A new user has the five switches on, with the labels of the product and the first tag")
    func newUser() async throws {
        try await withAPI { api in
            let answer = try await api.send(.get, mine, as: try await api.session(of: ada))
            #expect(
                answer.body == """
                    {"switches":{"assigned_conversations":true,"assigned_tickets":true,\
                    "notes_in_assigned_conversations":true,"assigned_reminders":true,"assigned_inquiries":true},\
                    "labels":{"assigned_conversations":"Assigned conversations","assigned_tickets":"Assigned tickets",\
                    "notes_in_assigned_conversations":"Notes in assigned conversations",\
                    "assigned_reminders":"Assigned reminders","assigned_inquiries":"Assigned inquiries"}}
                    """)
            #expect(answer.headers[.eTag] == "\"0\"")
        }
    }

    @Test("One or more switches change together; the others and other users' stay")
    func change() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let answer = try await patch(api, mine, as: token, #""assigned_tickets":false,"assigned_inquiries":false"#)
            #expect(answer.status == 200)
            #expect(answer.headers[.eTag] == "\"1\"")
            let read = try await api.send(.get, adas, as: try await api.key([.users]).token)
            #expect(read.body == answer.body)
            let off = try await api.database.column(
                "select user_id || ' ' || switch from notify.email_preferences where not enabled order by 1")
            #expect(off == ["\(ada) assigned_inquiries", "\(ada) assigned_tickets"])
        }
    }

    @Test("A change to what is so already keeps version and history")
    func noChange() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            #expect(try await patch(api, mine, as: token, #""assigned_tickets":true"#).status == 200)
            let first = try await patch(api, mine, as: token, #""assigned_tickets":false"#)
            let again = try await patch(api, mine, as: token, #""assigned_tickets":false"#)
            #expect(again.headers[.eTag] == first.headers[.eTag])
            #expect(try await history(api, as: token).count == 1)
        }
    }

    @Test("A switch that was never touched counts as on: turning it on is no change")
    func firstOn() async throws {
        try await withAPI { api in
            try await api.database.execute("delete from notify.email_preferences")
            let token = try await api.session(of: ada)
            let answer = try await patch(api, mine, as: token, #""assigned_tickets":true"#)
            #expect(answer.headers[.eTag] == "\"0\"")
            #expect(try await history(api, as: token) == [])
        }
    }

    @Test("With If-Match only the version that was read is changed; * and none mean any")
    func ifMatch() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let off = #""assigned_tickets":false"#
            let before = try await api.contents()
            for tag in ["\"1\"", "\"-1\"", "W/\"0\"", "0", "\"x\""] {
                let answer = try await patch(api, mine, as: token, off, ifMatch: tag)
                #expect(answer.outcome == "412 changed_meanwhile", "\(tag)")
            }
            #expect(try await patch(api, mine, as: token, off, ifMatch: "\"0\", \"1\"").status == 400)
            #expect(try await api.contents() == before)
            #expect(try await patch(api, mine, as: token, off, ifMatch: "\"0\"").status == 200)
            #expect(try await patch(api, mine, as: token, off, ifMatch: "\"0\"").status == 412)
            #expect(try await patch(api, mine, as: token, off, ifMatch: "*").status == 200)
        }
    }

    @Test("With If-None-Match what is unchanged is not sent again")
    func ifNoneMatch() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let same = try await api.send(.get, mine, as: token, headers: [.ifNoneMatch: "\"9\", W/\"0\""])
            #expect(same.status == 304)
            #expect(same.body.isEmpty)
            #expect(same.headers[.eTag] == "\"0\"")
            _ = try await patch(api, mine, as: token, #""assigned_tickets":false"#)
            let changed = try await api.send(.get, mine, as: token, headers: [.ifNoneMatch: "\"0\""])
            #expect(changed.status == 200)
        }
    }

    @Test("Changes at the same time all count: the version goes up by each real one, and the history has them all")
    func parallel() async throws {
        try await withAPI { api in
            let sessions = [try await api.session(of: ada), try await api.session(of: bob)]
            let service = try await api.key([.users])
            // Each switch of each user is turned off by one of three callers, and again by the two others.
            try await withThrowingTaskGroup(of: Int.self) { group in
                for (user, session) in zip([ada, bob], sessions) {
                    for name in EmailSwitch.allCases.map(\.rawValue) {
                        for (path, token) in [
                            (mine, session), (mine, session), ("/v1/users/\(user)/email-preferences", service.token),
                        ] {
                            group.addTask { try await patch(api, path, as: token, "\"\(name)\":false").status }
                        }
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
            for session in sessions {
                let answer = try await api.send(.get, mine, as: session)
                #expect(answer.headers[.eTag] == "\"5\"")
                #expect(answer.body.contains("true") == false)
                #expect(try await history(api, as: session).count == 5)
            }
        }
    }

    @Test("A user whose row somebody else holds is waited for, and holds up nobody else")
    func locked() async throws {
        try await withAPI { api in
            let (adasToken, bobsToken) = (try await api.session(of: ada), try await api.session(of: bob))
            let off = #""assigned_tickets":false"#
            let gate = MeetingPoint()
            let holder = Task {
                try await api.database.withConnection { connection in
                    try connection.execute("begin; select from notify.users where id = '\(ada)' for no key update")
                    gate.arriveAndWait()
                    try connection.execute("rollback")
                }
            }
            try await onThread { gate.waitForArrival() }
            let adas = Task { try await patch(api, mine, as: adasToken, off).status }
            #expect(try await patch(api, mine, as: bobsToken, off).status == 200)
            gate.open()
            #expect(try await adas.value == 200)
            try await holder.value
        }
    }

    @Test("Of changes at the same time to the same version exactly one is made")
    func race() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for name in EmailSwitch.allCases.map(\.rawValue) {
                    group.addTask {
                        try await patch(api, mine, as: token, "\"\(name)\":false", ifMatch: "\"0\"").status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200, 412, 412, 412, 412])
            #expect(try await history(api, as: token).count == 1)
        }
    }

    @Test("The history says who changed what through what: SQL, a service, the user, a link and its undo")
    func actors() async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            let token = try await api.session(of: ada, openedWith: key)
            let session = try await api.database.value("select max(id) from notify.sessions") ?? ""
            let link = UnsubscribeToken(
                userID: try #require(UUID(uuidString: ada)), emailSwitch: .assignedTickets, eventID: 7)
            try await api.database.execute("select notify.set_email_preference('\(ada)', 'assigned_reminders', false)")
            _ = try await patch(api, adas, as: key.token, #""assigned_reminders":true"#)
            _ = try await patch(api, mine, as: token, #""assigned_inquiries":false"#)
            try await api.services.unsubscribe.unsubscribe(link)
            try await api.services.unsubscribe.unsubscribe(link)
            #expect(try await api.services.unsubscribe.undo(link))
            #expect(
                try await history(api, as: token) == [
                    "assigned_tickets 1 unsubscribe_undo event 7", "assigned_tickets 0 unsubscribe event 7",
                    "assigned_inquiries 0 user session \(session)", "assigned_reminders 1 service api_key \(key.id)",
                    "assigned_reminders 0 sql role postgres",
                ])
        }
    }

    @Test("The history comes in pages, newest first, also while it grows")
    func pages() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            for turn in 0..<5 {
                _ = try await patch(api, mine, as: token, "\"assigned_tickets\":\(turn % 2 == 1)")
            }
            var seen: [Any] = []
            var path: String? = "\(mine)/changes?limit=2"
            while let next = path {
                let answer = try await api.send(.get, next, as: token)
                seen += (try answer.object["changes"] as? [[String: Any]] ?? []).map { $0["enabled"] ?? "" }
                path = answer["next_cursor"].map { "\(mine)/changes?limit=2&cursor=\($0)" }
                _ = try await patch(api, mine, as: token, "\"assigned_reminders\":\(seen.count % 4 == 0)")
            }
            #expect(seen.map { "\($0)" } == ["0", "1", "0", "1", "0"])
        }
    }

    @Test("The last 500 changes of a user are kept, and not many more")
    func bound() async throws {
        try await withAPI { api in
            try await api.database.execute(
                """
                do $$ begin
                    for n in 1..610 loop
                        perform notify.set_email_preference('\(ada)', 'assigned_tickets', n % 2 = 0);
                    end loop;
                end $$
                """)
            let kept = "select count(*) || ' ' || max(id) - min(id) from notify.email_preference_changes"
            #expect(try await api.database.value(kept) == "510 509")
        }
    }

    @Test(
        "What names no switch, or sets it to no boolean, is refused and changes nothing",
        arguments: [
            (#"{"switches":{"x":false}}"#, "422 unknown_field", "switches.x"),
            (
                #"{"switches":{"assigned_tickets":false,"Assigned_Tickets":false}}"#, "422 unknown_field",
                "switches.Assigned_Tickets"
            ),
            (#"{"switches":{"assigned_tickets":0}}"#, "422 invalid_value", "switches.assigned_tickets"),
            (#"{"switches":{"assigned_tickets":"false"}}"#, "422 invalid_value", "switches.assigned_tickets"),
            (#"{"switches":{"assigned_tickets":null}}"#, "422 invalid_value", "switches.assigned_tickets"),
            (#"{"switches":{}}"#, "422 invalid_value", "switches"),
            (#"{"switches":[]}"#, "422 invalid_value", "switches"),
            ("{}", "422 missing_field", "switches"), (#"{"assigned_tickets":false}"#, "422 missing_field", "switches"),
            (#"{"switches":{"assigned_tickets":false},"version":1}"#, "422 unknown_field", "version"),
        ])
    func refused(body: String, outcome: String, field: String) async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let before = try await api.contents()
            let answer = try await api.send(.patch, mine, as: token, body)
            #expect(answer.outcome == outcome)
            #expect(answer["field"] == field)
            #expect(try await api.contents() == before)
        }
    }

    @Test("For a user who is not there each of the three says so")
    func unknownUser() async throws {
        try await withAPI { api in
            let token = try await api.key([.users]).token
            let path = "/v1/users/\(nobody)/email-preferences"
            #expect(try await api.send(.get, path, as: token).outcome == "404 not_found")
            #expect(try await api.send(.get, "\(path)/changes", as: token).outcome == "404 not_found")
            #expect(try await patch(api, path, as: token, #""assigned_tickets":false"#).outcome == "404 not_found")
        }
    }
}
