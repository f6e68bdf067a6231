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
                try connection.wait(until: "select exists (select from pg_locks where locktype = 'advisory')")
                return try connection.refusal("select notify.upsert_user('\(bob)', 'Shared@example.com', 'Bob')")
            }
            try await database.withConnection { connection in
                try connection.execute("begin; select notify.upsert_user('\(ada)', 'shared@example.com', 'Ada')")
                try connection.execute("select pg_advisory_xact_lock(1)")
                try connection.wait(
                    until: """
                        select exists (select from pg_stat_activity
                            where application_name = 'late' and wait_event_type = 'Lock')
                        """
                )
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

    @Test(
        "A bad user is refused",
        arguments: [
            ("null, 'n@example.com', 'N'", "NW002", "id"), ("'\(nobody)', null, 'N'", "NW002", "email"),
            ("'\(nobody)', '', 'N'", "NW002", "email"), ("'\(nobody)', 'no address', 'N'", "NW004", "email"),
            ("'\(nobody)', '@example.com', 'N'", "NW004", "email"), ("'\(nobody)', 'n@', 'N'", "NW004", "email"),
            ("'\(nobody)', 'a@b@example.com', 'N'", "NW004", "email"),
            ("'\(nobody)', 'a b@example.com', 'N'", "NW004", "email"),
            (#"'\#(nobody)', '"a b@example.com', 'N'"#, "NW004", "email"),
            (#"'\#(nobody)', '"a"b"@example.com', 'N'"#, "NW004", "email"),
            (#"'\#(nobody)', '"a\"@example.com', 'N'"#, "NW004", "email"),
            (#"'\#(nobody)', '"a> x"@example.com', 'N'"#, "NW004", "email"),
            (#"'\#(nobody)', '"a"@"b"@example.com', 'N'"#, "NW004", "email"),
            (#"'\#(nobody)', E'"a\r\nBcc: x"@example.com', 'N'"#, "NW004", "email"),
            ("'\(nobody)', E'a@example.com\\r\\nBcc: x', 'N'", "NW004", "email"),
            ("'\(nobody)', E'a@example.com\\n', 'N'", "NW004", "email"),
            ("'\(nobody)', '<a@example.com>', 'N'", "NW004", "email"),
            ("'\(nobody)', E'a\\u202e@example.com', 'N'", "NW004", "email"),
            ("'\(nobody)', repeat('a', 309) || '@example.com', 'N'", "NW004", "email"),
            ("'\(nobody)', 'n@example.com', repeat('x', 10001)", "NW008", "display_name"),
            ("'\(nobody)', 'n@example.com', 'N', 'english please'", "NW004", "locale"),
            ("'\(nobody)', 'n@example.com', 'N', 'en_US'", "NW004", "locale"),
            ("'\(nobody)', 'n@example.com', 'N', 'en', 'Mars/Olympus'", "NW004", "time_zone"),
            ("'\(nobody)', 'n@example.com', 'N', 'en', 'EDT'", "NW004", "time_zone"),
            ("'\(nobody)', 'n@example.com', 'N', 'en', 'Foo/Bar+3'", "NW004", "time_zone"),
            ("'\(nobody)', 'n@example.com', 'N', 'en', '+02:00'", "NW004", "time_zone"),
        ])
    func badUser(arguments: String, state: String, column: String) async throws {
        try await withTestDatabase(.directory) { database in
            let refusal = try await database.refusal("select notify.upsert_user(\(arguments))")
            #expect(refusal?.codes == Refusal(state, column))
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

    @Test(
        "Organisations, members and switches refuse what does not exist",
        arguments: [
            ("upsert_organization(null, 'X')", "NW002", "id"),
            ("upsert_organization('\(nobody)', ' ')", "NW002", "name"),
            ("upsert_organization('\(nobody)', repeat('x', 10001))", "NW008", "name"),
            ("upsert_organization('00000000-0000-0000-0000-000000000000', 'X')", "NW004", "id"),
            ("upsert_organization('ffffffff-ffff-ffff-ffff-ffffffffffff', 'X')", "NW004", "id"),
            ("add_member('\(nobody)', '\(ada)')", "NW004", "organization_id"),
            ("add_member('\(acme)', '\(nobody)')", "NW005", "user_id"),
            ("add_member('\(acme)', '\(ada)', 'boss')", "NW004", "role"),
            ("set_email_preference('\(nobody)', 'assigned_tickets', true)", "NW005", "user_id"),
            ("set_email_preference('\(ada)', 'assigned_ticket', true)", "NW004", "switch"),
            ("set_email_preference('\(ada)', null, true)", "NW002", "switch"),
            ("set_email_preference('\(ada)', 'assigned_tickets', null)", "NW002", "enabled"),
        ])
    func unknown(call: String, state: String, column: String) async throws {
        try await withTestDatabase(.directory) { database in
            let refusal = try await database.refusal("select notify.\(call)")
            #expect(refusal?.codes == Refusal(state, column))
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
