import PostgresClient
import TestSupport
import Testing

@Suite("Changing preferences in SQL")
struct PreferenceFunctionTests {
    private func change(_ members: String) -> String {
        "select concat_ws(' ', index, problem, version, switches_off) from notify.change_email_preferences('[\(members)]')"
    }

    private func object(
        _ user: String = ada, _ switches: String = #"{"assigned_tickets":false}"#, version: String = "null"
    ) -> String {
        #"{"user_id":"\#(user)","switches":\#(switches),"version":\#(version),"via":"service","actor":"api_key 1"}"#
    }

    @Test("Many changes are answered each by itself, in the order of the input")
    func batch() async throws {
        try await withTestDatabase(.directory) { database in
            let answers = try await database.column(
                "select * from (\(change([object(bob), object(nobody), object(ada, version: "7"), object(ada), object(bob, #"{"assigned_tickets":true}"#)].joined(separator: ",")))) s order by 1"
            )
            #expect(
                answers == [
                    "0 1 {assigned_tickets}", "1 unknown_user {}", "2 version_mismatch {}", "3 1 {assigned_tickets}",
                    "4 2 {}",
                ])
        }
    }

    @Test(
        "What is no change at all is refused whole",
        arguments: [
            "{}", "7", #"{"user_id":"x"}"#, #"{"user_id":"\#(ada)","switches":[],"via":"service","actor":"a"}"#,
            #"{"user_id":"\#(ada)","switches":{"assigned_tickets":null},"via":"service","actor":"a"}"#,
            #"{"user_id":"\#(ada)","switches":{"assigned_tickets":"maybe"},"via":"service","actor":"a"}"#,
            #"{"user_id":"\#(ada)","switches":{"unknown":false},"via":"service","actor":"a"}"#,
            #"{"user_id":"\#(ada)","switches":{"assigned_tickets":false},"via":"magic","actor":"a"}"#,
            #"{"user_id":"\#(ada)","switches":{"assigned_tickets":false},"via":"service"}"#,
            #"{"user_id":"\#(ada)","switches":{"assigned_tickets":false},"version":1.5,"via":"service","actor":"a"}"#,
        ])
    func refused(members: String) async throws {
        try await withTestDatabase(.directory) { database in
            let state = try await database.refusal(change("\(object(bob)),\(members)"))?.state
            // Without a user there is nobody to change: an answer, not an error.
            #expect(
                members == "{}" || members == "7" ? state == nil : state?.hasPrefix("2") == true, "\(state ?? "none")")
            let off = try await database.value("select count(*) from notify.email_preferences where not enabled")
            #expect(off == (state == nil ? "1" : "0"))
        }
    }

    @Test("Two batches with the same users in other orders both come to an end")
    func crosswise() async throws {
        try await withTestDatabase(.directory) { database in
            let forth = change("\(object(ada)),\(object(bob))")
            let back = change(
                "\(object(bob, #"{"assigned_reminders":false}"#)),\(object(ada, #"{"assigned_reminders":false}"#))")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for statement in [forth, back] {
                    group.addTask {
                        try await database.withConnection { connection in
                            for _ in 1...50 { _ = try connection.run(Statement(statement)) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(
                try await database.value("select min(preferences_version) from notify.users where id <> '\(cyd)'")
                    == "2")
        }
    }

    @Test("A user whose row is locked is passed over where nobody may wait, and told from one who is not there")
    func locked() async throws {
        try await withTestDatabase(.directory) { database in
            let changes = [object(ada), object(bob), object(nobody)].joined(separator: ",")
            let answers = try await database.withConnection { holder in
                try holder.execute("begin; select from notify.users where id = '\(ada)' for no key update")
                return try PostgresConnection(database.conninfo)
                    .column(
                        """
                        select concat_ws(' ', index, problem, version, switches_off)
                        from notify.change_email_preferences('[\(changes)]', skip_locked => true) order by index
                        """)
            }
            #expect(answers == ["0 locked {}", "1 1 {assigned_tickets}", "2 unknown_user {}"])
        }
    }

    @Test("A link's undo works for 24 hours, once, for its own event, and not over somebody's later change")
    func undo() async throws {
        let off =
            #"[{"user_id":"\#(ada)","switches":{"assigned_tickets":false},"via":"unsubscribe","actor":"event 7"}]"#
        let undo = "select notify.undo_unsubscribe('\(ada)', 'assigned_tickets', 7)"
        let unsubscribe = "select notify.change_email_preferences('\(off)')"
        try await withTestDatabase(.directory) { database in
            #expect(try await database.value(undo) == "false")
            try await database.execute(unsubscribe)
            for other in [
                "'\(bob)', 'assigned_tickets', 7", "'\(ada)', 'assigned_reminders', 7",
                "'\(ada)', 'assigned_tickets', 8", "'\(ada)', null, 7", "null, 'assigned_tickets', 7",
                "'\(ada)', 'assigned_tickets', null",
            ] {
                #expect(try await database.value("select notify.undo_unsubscribe(\(other))") == "false", "\(other)")
            }
            #expect(
                try await database.value("select notify.may_undo_unsubscribe('\(ada)', 'assigned_tickets', 7)")
                    == "true")
            #expect(try await database.value(undo) == "true")
            #expect(try await database.value(undo) == "false")
            #expect(
                try await database.value(
                    "select bool_and(enabled) from notify.email_preferences where user_id = '\(ada)'")
                    == "true")

            try await database.execute(unsubscribe)
            try await database.execute(
                "update notify.email_preference_changes set changed_at = changed_at - interval '24 hours'")
            #expect(try await database.value(undo) == "false")
            try await database.execute(
                """
                select notify.set_email_preference('\(ada)', 'assigned_tickets', true); \(unsubscribe);
                select notify.set_email_preference('\(ada)', 'assigned_tickets', true);
                select notify.set_email_preference('\(ada)', 'assigned_tickets', false);
                """)
            #expect(try await database.value(undo) == "false")
        }
    }

    @Test("Taking a user or an organisation out says whether there was one")
    func removal() async throws {
        try await withTestDatabase(.directory) { database in
            for (function, id) in [("remove_user", ada), ("remove_organization", acme)] {
                let answers = try await database.withConnection { connection in
                    try ["null", "'\(id)'", "'\(id)'"].map { try connection.value("select notify.\(function)(\($0))") }
                }
                #expect(answers == ["false", "true", "false"])
            }
            #expect(try await database.value("select count(*) from notify.memberships") == "0")
        }
    }
}
