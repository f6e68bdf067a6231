import PostgresClient
import TestSupport
import Testing

@Suite("API keys and sessions in SQL")
struct AccessTests {
    private let newKey = "select notify.create_api_key('key', sha256('key'), 'nwk_abcd', '{users,events,users}')"

    private func withKey(_ body: (TestDatabase) async throws -> Void) async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(newKey)
            try await body(database)
        }
    }

    @Test("A key has each of its scopes once, and one that never expires has no end")
    func key() async throws {
        try await withKey { database in
            try await database.execute(
                "select notify.create_api_key('forever', sha256('2'), 'nwk_', '{billing}', 'infinity')")
            let keys = try await database.column(
                "select concat_ws(' ', name, scopes, expires_at is null, last_used_at is null) from notify.api_keys order by id"
            )
            #expect(keys == ["key {events,users} t t", "forever {billing} t t"])
        }
    }

    @Test("What no key or session can be made of is refused, and leaves nothing")
    func refused() async throws {
        let hash = "sha256('x')"
        let calls = [
            BadCall("create_api_key(null, \(hash), 'h', '{users}')", "NW002", "name"),
            BadCall("create_api_key(' ', \(hash), 'h', '{users}')", "NW002", "name"),
            BadCall("create_api_key(repeat('x', 101), \(hash), 'h', '{users}')", "NW008", "name"),
            BadCall("create_api_key('n', \(hash), 'h', null)", "NW002", "scopes"),
            BadCall("create_api_key('n', \(hash), 'h', '{}')", "NW002", "scopes"),
            BadCall("create_api_key('n', \(hash), 'h', '{users,all}')", "NW004", "scopes"),
            BadCall("create_api_key('n', \(hash), 'h', '{users,null}')", "NW004", "scopes"),
            BadCall("create_api_key('n', \(hash), 'h', '{users}', now())", "NW007", "expires_at"),
            BadCall("create_api_key('n', \(hash), 'h', '{users}', '-infinity')", "NW007", "expires_at"),
            BadCall("create_session('\(ada)', \(hash), 1, null)", "NW004", "lifetime_seconds"),
            BadCall("create_session('\(ada)', \(hash), 1, '59 s')", "NW004", "lifetime_seconds"),
            BadCall("create_session('\(ada)', \(hash), 1, '24:00:01')", "NW004", "lifetime_seconds"),
            BadCall("create_session('\(ada)', \(hash), 1, '-1 h')", "NW004", "lifetime_seconds"),
            BadCall("create_session('\(ada)', \(hash), null, '1 h')", "NW004", "api_key_id"),
            BadCall("create_session('\(ada)', \(hash), 42, '1 h')", "NW004", "api_key_id"),
            BadCall("create_session(null, \(hash), 1, '1 h')", "NW005", "user_id"),
            BadCall("create_session('\(nobody)', \(hash), 1, '1 h')", "NW005", "user_id"),
        ]
        try await withKey { database in
            for (call, refusal) in zip(calls, try await database.refusals(calls)) {
                #expect(refusal == call.expected, "\(call.call)")
            }
            for call in [
                "create_api_key('n', null, 'h', '{users}')", "create_api_key('n', 'short', 'h', '{users}')",
                "create_api_key('n', \(hash), null, '{users}')", "create_api_key('n', sha256('key'), 'h', '{users}')",
                "create_session('\(ada)', null, 1, '1 h')", "create_session('\(ada)', 'short', 1, '1 h')",
            ] {
                let refusal = try await database.refusal("select notify.\(call)")
                #expect(refusal?.state.hasPrefix("23") == true, "\(call)")
            }
            #expect(try await database.value("select count(*) from notify.api_keys") == "1")
            #expect(try await database.value("select count(*) from notify.sessions") == "0")
        }
    }

    @Test("Questions about nobody have no answer, and ends of nothing end nothing")
    func nothing() async throws {
        try await withKey { database in
            let answers = try await database.withConnection { connection in
                try [
                    "(select count(*) from notify.find_callers(null))",
                    "(select count(*) from notify.find_callers('{null}'))",
                    "(select count(*) from notify.find_callers(array[''::bytea]))",
                    "notify.revoke_api_key(null)", "notify.revoke_api_key(42)", "notify.end_sessions(null)",
                    "notify.end_sessions('\(ada)', 42)",
                ]
                .map { try connection.value("select \($0)") }
            }
            #expect(answers == ["0", "0", "0", "false", "false", "0", "0"])
        }
    }

    @Test("A key is revoked once, with its sessions, and no other's")
    func revoke() async throws {
        try await withKey { database in
            try await database.execute(
                """
                select notify.create_api_key('other', sha256('other'), 'nwk_', '{users}');
                select notify.create_session('\(ada)', sha256('1'), 1, '1 h'),
                    notify.create_session('\(bob)', sha256('2'), 1, '1 h'),
                    notify.create_session('\(ada)', sha256('3'), 2, '1 h');
                """)
            #expect(try await database.value("select notify.revoke_api_key(1)") == "true")
            #expect(try await database.value("select notify.revoke_api_key(1)") == "false")
            let ended = try await database.column("select ended_at is not null from notify.sessions order by id")
            #expect(ended == ["true", "true", "false"])
            let found = try await database.column(
                """
                select concat_ws(' ', api_key_id, session_id, problem)
                from notify.find_callers(array[sha256('key'), sha256('1'), sha256('3')]) order by 1
                """)
            #expect(found == ["1 ended", "1 revoked", "3"])
        }
    }

    @Test("A session that is opened while its key is being revoked does not outlive it")
    func openedDuringRevocation() async throws {
        try await withKey { database in
            async let refusal = database.withConnection(options: ConnectionOptions(applicationName: "opener")) {
                try $0.waitForGate()
                return try $0.refusal("select notify.create_session('\(ada)', sha256('1'), 1, '1 h')")
            }
            try await database.withConnection { connection in
                try connection.execute("begin; select notify.revoke_api_key(1)")
                try connection.openGate()
                try connection.waitUntilBlocked(application: "opener")
                try connection.execute("commit")
            }
            #expect(try await refusal?.codes == Refusal("NW004", "api_key_id"))
            #expect(try await database.value("select count(*) from notify.sessions where ended_at is null") == "0")
        }
    }

    @Test("A key that is revoked while a session is being opened takes that along")
    func revokedDuringOpening() async throws {
        try await withKey { database in
            async let isRevoked = database.withConnection(options: ConnectionOptions(applicationName: "revoker")) {
                try $0.waitForGate()
                return try $0.value("select notify.revoke_api_key(1)")
            }
            try await database.withConnection { connection in
                try connection.execute("begin; select notify.create_session('\(ada)', sha256('1'), 1, '1 h')")
                try connection.openGate()
                try connection.waitUntilBlocked(application: "revoker")
                try connection.execute("commit")
            }
            #expect(try await isRevoked == "true")
            #expect(try await database.value("select count(*) from notify.sessions where ended_at is null") == "0")
        }
    }
}
