import HTTPTypes
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("The link in a mail", .timeLimit(.minutes(5)))
struct UnsubscribeLinkTests {
    @Test("Programs that follow every link, often and at once, change nothing")
    func scanners() async throws {
        try await withAPI { api in
            let link = try await api.link()
            let before = try await api.contents()
            let methods: [HTTPRequest.Method] = [.get, .head, .options, .put, .patch, .delete, .trace]
            let prefetch: HTTPFields = [.named("Sec-Purpose"): "prefetch;prerender", .named("Purpose"): "prefetch"]
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for method in methods {
                    for _ in 0..<20 {
                        tasks.addTask {
                            let answer = try await api.send(method, link, headers: prefetch)
                            #expect(answer.status == (method == .get || method == .head ? 200 : 405))
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            for query in ["?action=unsubscribe", "?List-Unsubscribe=One-Click"] {
                #expect(try await api.send(.get, link + query).status == 200)
            }
            #expect(try await api.contents() == before)
            #expect(try await api.send(.get, link).body.contains(#"value="unsubscribe""#))
        }
    }

    @Test("HEAD answers as GET does, without the page")
    func head() async throws {
        try await withAPI { api in
            let link = try await api.link()
            let get = try await api.send(.get, link)
            let head = try await api.send(.head, link)
            #expect(head.body.isEmpty)
            #expect(head.headers[.contentLength] == "\(get.body.utf8.count)")
            #expect(head.headers[.contentType] == get.headers[.contentType])
        }
    }

    static let oneClickBodies: [(type: String, body: String)] = [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("application/x-www-form-urlencoded; charset=UTF-8", "List%2DUnsubscribe=One-Click"),
        (
            "multipart/form-data; boundary=---FormBoundaryjWmhtjORrn",
            "-----FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
                + "One-Click\r\n-----FormBoundaryjWmhtjORrn--\r\n"
        ),
    ]

    @Test("A mail program's POST, as RFC 8058 has it, turns off exactly that switch", arguments: oneClickBodies)
    func oneClick(type: String, body: String) async throws {
        try await withAPI { api in
            let link = try await api.link(switch: .assignedReminders)
            for _ in 0..<2 {
                let answer = try await api.post(link, body, type: type)
                #expect(answer.status == 200)
                #expect(answer.headers[.setCookie] == nil)
                #expect(answer.headers[.location] == nil)
            }
            #expect(try await api.switchesOff() == ["assigned_reminders"])
            #expect(try await api.switchesOff(bob).isEmpty)
            #expect(try await api.changes() == ["unsubscribe assigned_reminders false"])
        }
    }

    @Test("The page's button turns it off, and its other button on again")
    func buttons() async throws {
        try await withAPI { api in
            let link = try await api.link()
            let off = try await api.post(link, "action=unsubscribe")
            #expect(off.status == 200)
            #expect(off.body.contains(#"<button class="quiet" name="action" value="undo">"#))
            #expect(try await api.switchesOff() == ["assigned_tickets"])
            #expect(try await api.send(.get, link).body.contains(#"value="undo""#))

            let on = try await api.post(link, "action=undo")
            #expect(on.status == 200)
            #expect(!on.body.contains("<button"))
            #expect(try await api.switchesOff().isEmpty)
            #expect(try await api.post(link, "action=undo").status == 200, "it is on, as was asked for")
            #expect(
                try await api.changes() == [
                    "unsubscribe assigned_tickets false", "unsubscribe_undo assigned_tickets true",
                ])
        }
    }

    @Test("There is no undo after the switch was touched elsewhere")
    func touchedElsewhere() async throws {
        try await withAPI { api in
            let link = try await api.link()
            _ = try await api.oneClick(link)
            let set = "select notify.set_email_preference('\(ada)', 'assigned_tickets', "
            try await api.database.execute("\(set)true); \(set)false)")
            #expect(!(try await api.send(.get, link).body.contains("<button")))
            let answer = try await api.post(link, "action=undo")
            #expect(answer.status == 409)
            #expect(!answer.body.contains("<button"))
            #expect(try await api.switchesOff() == ["assigned_tickets"])
        }
    }

    @Test("There is no undo after a day, nor through another mail's link")
    func tooLate() async throws {
        try await withAPI { api in
            let link = try await api.link()
            _ = try await api.oneClick(link)
            #expect(try await api.post(try await api.link(), "action=undo").status == 409)
            for (age, status) in [("24 hours 1 second", 409), ("23 hours 59 minutes", 200)] {
                try await api.database.execute(
                    "update notify.email_preference_changes set changed_at = clock_timestamp() - interval '\(age)'")
                #expect(try await api.send(.get, link).body.contains("<button") == (status == 200))
                #expect(try await api.post(link, "action=undo").status == status)
            }
            #expect(try await api.switchesOff().isEmpty)
        }
    }

    @Test("Parallel POSTs turn it off once")
    func parallel() async throws {
        try await withAPI { api in
            let link = try await api.link()
            try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0..<8 { tasks.addTask { try await api.oneClick(link).status } }
                for try await status in tasks { #expect(status == 200) }
            }
            #expect(try await api.changes() == ["unsubscribe assigned_tickets false"])
        }
    }

    @Test("For a user who is gone there is nothing to do, and that is fine")
    func goneUser() async throws {
        try await withAPI { api in
            let link = try TestAPI.link(for: nobody)
            let before = try await api.contents()
            for answer in [
                try await api.oneClick(link), try await api.post(link, "action=undo"), try await api.send(.get, link),
            ] {
                #expect(answer.status == 200)
                #expect(!answer.body.contains("<button"))
            }
            #expect(try await api.contents() == before)
        }
    }

    static let badBodies: [(type: String?, body: String, status: Int)] = [
        (nil, "List-Unsubscribe=One-Click", 415), ("application/json", "{}", 415), ("text/plain", "x", 415),
        ("multipart/mixed; boundary=x", "", 415), ("application/x-www-form-urlencoded", "", 400),
        ("application/x-www-form-urlencoded", "List-Unsubscribe=one-click", 400),
        ("application/x-www-form-urlencoded", "list-unsubscribe=One-Click", 400),
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click&x=y", 400),
        ("application/x-www-form-urlencoded", "action=delete", 400),
        ("application/x-www-form-urlencoded", "action=unsubscribe&action=undo", 400),
        ("application/x-www-form-urlencoded", "action", 400), ("application/x-www-form-urlencoded", "%ff=%", 400),
        ("application/x-www-form-urlencoded", "x=" + String(repeating: "y", count: 4_096), 413),
        ("multipart/form-data", "List-Unsubscribe=One-Click", 400),
    ]

    @Test("Any other body changes nothing and is told what is wrong", arguments: badBodies)
    func refused(type: String?, body: String, status: Int) async throws {
        try await withAPI { api in
            let link = try await api.link()
            let before = try await api.contents()
            var answer = try await api.post(link, body, type: type ?? "")
            if type == nil { answer = try await api.send(.post, link) }
            #expect(answer.status == status)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(try await api.contents() == before)
        }
    }
}
