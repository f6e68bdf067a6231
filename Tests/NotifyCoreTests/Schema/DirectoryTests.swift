import PostgresClient
import TestSupport
import Testing

@Suite("The directory functions")
struct DirectoryTests {
    @Test("A new user has all five switches on")
    func newUser() async throws {
        try await withTestDatabase(.directory) { database in
            let switches = try await database.column(
                "select switch from notify.email_preferences where user_id = '\(ada)' and enabled order by 1")
            #expect(
                switches == [
                    "assigned_conversations", "assigned_inquiries", "assigned_reminders", "assigned_tickets",
                    "notes_in_assigned_conversations",
                ]
            )
        }
    }

    @Test("Upserting again changes the user and leaves the switches alone")
    func again() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(
                """
                select notify.set_email_preference('\(ada)', 'assigned_tickets', false);
                select notify.upsert_user('\(ada)', 'ada@new.example', 'Countess', 'fr', 'europe/paris');
                """
            )
            let row = try await database.value(
                """
                select jsonb_build_array(email, display_name, locale, time_zone, is_active,
                    (select count(*) from notify.email_preferences p where p.user_id = u.id and not enabled))
                from notify.users u where id = '\(ada)'
                """
            )
            #expect(row == #"["ada@new.example", "Countess", "fr", "Europe/Paris", true, 1]"#)
        }
    }

    @Test("Sending the same again writes nothing, and a difference says when")
    func unchanged() async throws {
        try await withTestDatabase(.directory) { database in
            let same = """
                select notify.upsert_user('\(ada)', 'ada@new.example', 'Countess', 'fr', 'europe/paris');
                select notify.upsert_organization('\(acme)', 'Example Ltd');
                select notify.add_member('\(acme)', '\(ada)', 'owner')
                """
            let versions = """
                select xmin::text from notify.users where id = '\(ada)' union all
                select xmin::text from notify.organizations where id = '\(acme)' union all
                select xmin::text from notify.memberships where organization_id = '\(acme)' and user_id = '\(ada)'
                """
            try await database.execute(same)
            let before = try await database.column(versions)
            try await database.execute(same)
            #expect(try await database.column(versions) == before)
            for change in [
                "upsert_user('\(ada)', 'ada@old.example', 'Countess', 'fr', 'europe/paris')",
                "upsert_user('\(ada)', 'ada@old.example', 'Ada', 'fr', 'europe/paris')",
                "upsert_user('\(ada)', 'ada@old.example', 'Ada', 'en', 'europe/paris')",
                "upsert_user('\(ada)', 'ada@old.example', 'Ada')", "upsert_organization('\(acme)', 'Other Ltd')",
            ] {
                let last = """
                    select greatest(
                        (select max(updated_at) from notify.users), (select max(updated_at) from notify.organizations)
                    )
                    """
                let time = try await database.value(last)
                try await database.execute("select notify.\(change)")
                #expect(try await database.value("\(last) > '\(time ?? "")'") == "true", "\(change)")
            }
        }
    }

    @Test("The address of a user with credentials is theirs, the rest follows the directory")
    func credentials() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(
                """
                update notify.users set has_credentials = true where id = '\(ada)';
                select notify.upsert_user('\(ada)', 'bob@example.com', 'Countess');
                """
            )
            let row = try await database.value(
                "select email || ' ' || display_name from notify.users where id = '\(ada)'")
            #expect(row == "ada@example.com Countess")
        }
    }

    @Test("An address is unique without regard to case, for new users and changed ones", arguments: [nobody, cyd])
    func addressInUse(user: String) async throws {
        try await withTestDatabase(.directory) { database in
            let refusal = try await database.refusal("select notify.upsert_user('\(user)', 'ADA@Example.com', 'X')")
            #expect(refusal == Refusal("NW010", "email", "email belongs to another user"))
        }
    }

    @Test("Two users who take one address at the same moment: one has it, the other is refused")
    func addressRace() async throws {
        try await withTestDatabase(.directory) { database in
            async let late = database.withConnection(options: ConnectionOptions(applicationName: "late")) {
                connection in
                try connection.waitForGate()
                return try connection.refusal("select notify.upsert_user('\(bob)', 'Shared@example.com', 'Bob')")
            }
            try await database.withConnection { connection in
                try connection.execute("begin; select notify.upsert_user('\(ada)', 'shared@example.com', 'Ada')")
                try connection.openGate()
                try connection.waitUntilBlocked(application: "late")
                try connection.execute("commit")
            }
            #expect(try await late?.codes == Refusal("NW010", "email"))
        }
    }

    @Test("The id of a deleted account is refused for good")
    func tombstone() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute("insert into notify.deleted_users (id) values ('\(nobody)')")
            let refusal = try await database.refusal("select notify.upsert_user('\(nobody)', 'n@example.com', 'N')")
            #expect(refusal?.codes == Refusal("NW009", "id"))
        }
    }

    @Test("A bad user is refused")
    func badUser() async throws {
        let calls = [
            BadCall("upsert_user(null, 'n@example.com', 'N')", "NW002", "id"),
            BadCall("upsert_user('\(nobody)', null, 'N')", "NW002", "email"),
            BadCall("upsert_user('\(nobody)', '', 'N')", "NW002", "email"),
            BadCall("upsert_user('\(nobody)', 'no address', 'N')", "NW004", "email"),
            BadCall("upsert_user('\(nobody)', '@example.com', 'N')", "NW004", "email"),
            BadCall("upsert_user('\(nobody)', 'n@', 'N')", "NW004", "email"),
            BadCall("upsert_user('\(nobody)', 'a@b@example.com', 'N')", "NW004", "email"),
            BadCall("upsert_user('\(nobody)', 'a b@example.com', 'N')", "NW004", "email"),
            BadCall(#"upsert_user('\#(nobody)', '"a b@example.com', 'N')"#, "NW004", "email"),
            BadCall(#"upsert_user('\#(nobody)', '"a"b"@example.com', 'N')"#, "NW004", "email"),
            BadCall(#"upsert_user('\#(nobody)', '"a\"@example.com', 'N')"#, "NW004", "email"),
            BadCall(#"upsert_user('\#(nobody)', '"a> x"@example.com', 'N')"#, "NW004", "email"),
            BadCall(#"upsert_user('\#(nobody)', '"a"@"b"@example.com', 'N')"#, "NW004", "email"),
            BadCall(#"upsert_user('\#(nobody)', E'"a\r\nBcc: x"@example.com', 'N')"#, "NW004", "email"),
            BadCall("upsert_user('\(nobody)', E'a@example.com\\r\\nBcc: x', 'N')", "NW004", "email"),
            BadCall("upsert_user('\(nobody)', E'a@example.com\\n', 'N')", "NW004", "email"),
            BadCall("upsert_user('\(nobody)', '<a@example.com>', 'N')", "NW004", "email"),
            BadCall("upsert_user('\(nobody)', E'a\\u202e@example.com', 'N')", "NW004", "email"),
            BadCall("upsert_user('\(nobody)', repeat('a', 309) || '@example.com', 'N')", "NW004", "email"),
            BadCall("upsert_user('\(nobody)', 'n@example.com', repeat('x', 10001))", "NW008", "display_name"),
            BadCall("upsert_user('\(nobody)', 'n@example.com', 'N', 'english please')", "NW004", "locale"),
            BadCall("upsert_user('\(nobody)', 'n@example.com', 'N', 'en_US')", "NW004", "locale"),
            BadCall("upsert_user('\(nobody)', 'n@example.com', 'N', 'en', 'Mars/Olympus')", "NW004", "time_zone"),
            BadCall("upsert_user('\(nobody)', 'n@example.com', 'N', 'en', 'EDT')", "NW004", "time_zone"),
            BadCall("upsert_user('\(nobody)', 'n@example.com', 'N', 'en', 'Foo/Bar+3')", "NW004", "time_zone"),
            BadCall("upsert_user('\(nobody)', 'n@example.com', 'N', 'en', '+02:00')", "NW004", "time_zone"),
        ]
        try await withTestDatabase(.directory) { database in
            for (call, refusal) in zip(calls, try await database.refusals(calls)) {
                #expect(refusal == call.expected, "\(call.call)")
            }
            #expect(try await database.value("select count(*) from notify.users") == "3")
        }
    }

    @Test(
        "A quoted local part is taken as RFC 5321 allows it",
        arguments: [#""a b"@example.com"#, #""a@b"@example.com"#, #""a\"b\\"@example.com"#])
    func quotedLocalPart(address: String) async throws {
        try await withTestDatabase(.directory) { database in
            let refusal = try await database.refusal("select notify.upsert_user('\(nobody)', '\(address)', 'N')")
            #expect(refusal == nil)
        }
    }

    @Test("Names and addresses of any script are taken, and line breaks in a name, which is made safe when composed")
    func anyScript() async throws {
        try await withTestDatabase(.directory) { database in
            let refusal = try await database.refusal(
                "select notify.upsert_user('\(nobody)', 'ジョン@例え.jp', E'Zoë \\r\\n\\u202e \\U0001F600', 'zh-Hant-TW', 'Etc/GMT+5')"
            )
            #expect(refusal == nil)
        }
    }

    @Test("Organisations, members and switches refuse what does not exist")
    func unknown() async throws {
        let calls = [
            BadCall("upsert_organization(null, 'X')", "NW002", "id"),
            BadCall("upsert_organization('\(nobody)', ' ')", "NW002", "name"),
            BadCall("upsert_organization('\(nobody)', repeat('x', 10001))", "NW008", "name"),
            BadCall("upsert_organization('00000000-0000-0000-0000-000000000000', 'X')", "NW004", "id"),
            BadCall("upsert_organization('ffffffff-ffff-ffff-ffff-ffffffffffff', 'X')", "NW004", "id"),
            BadCall("add_member('\(nobody)', '\(ada)')", "NW004", "organization_id"),
            BadCall("add_member('\(acme)', '\(nobody)')", "NW005", "user_id"),
            BadCall("add_member('\(acme)', '\(ada)', 'boss')", "NW004", "role"),
            BadCall("set_email_preference('\(nobody)', 'assigned_tickets', true)", "NW005", "user_id"),
            BadCall("set_email_preference('\(ada)', 'assigned_ticket', true)", "NW004", "switch"),
            BadCall("set_email_preference('\(ada)', null, true)", "NW002", "switch"),
            BadCall("set_email_preference('\(ada)', 'assigned_tickets', null)", "NW002", "enabled"),
        ]
        try await withTestDatabase(.directory) { database in
            for (call, refusal) in zip(calls, try await database.refusals(calls)) {
                #expect(refusal == call.expected, "\(call.call)")
            }
        }
    }

    @Test("Members come, change their role and go, as often as told")
    func members() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(
                """
                select notify.add_member('\(globex)', '\(ada)'), notify.add_member('\(globex)', '\(bob)');
                select notify.add_member('\(globex)', '\(ada)', 'owner');
                select notify.remove_member('\(globex)', '\(bob)');
                select notify.remove_member('\(globex)', '\(bob)');
                """
            )
            let members = try await database.column(
                "select user_id || ' ' || role from notify.memberships where organization_id = '\(globex)'")
            #expect(members == ["\(ada) owner"])
        }
    }
}
