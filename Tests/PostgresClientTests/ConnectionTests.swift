import PostgresClient
import TestSupport
import Testing

@Suite("A connection")
struct ConnectionTests {
    @Test("A new connection is usable, direct, writable and knows its server")
    func fresh() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                #expect(connection.isUsable)
                #expect(!connection.isBehindPooler)
                #expect(connection.isInRecovery == false)
                #expect(connection.isReadOnly == false)
                #expect(connection.serverVersion >= 140_000)
                try #expect(connection.run(Statement("show client_encoding")).string(0, 0) == "UTF8")
            }
        }
    }

    @Test("Where nobody listens the error names host, port, user and database")
    func nobodyListens() async throws {
        let conninfo = "postgresql://anna:geheim@127.0.0.1:1/shop"
        let error = try await onThread { #expect(throws: PostgresError.self) { try PostgresConnection(conninfo) } }
        let text = try #require(error).description
        for part in ["127.0.0.1", "port 1", "anna", "shop", "refused"] {
            #expect(text.contains(part), "\(part) in: \(text)")
        }
        #expect(!text.contains("geheim"))
        #expect(error?.code == .connection)
        #expect(error?.isTransient == true)
    }

    @Test(
        "A wrong database or role is refused with the server's reason",
        arguments: ["dbname=nowhere", "user=nobody_such"])
    func refused(part: String) async throws {
        try await withTestDatabase { database in
            let error = await #expect(throws: PostgresError.self) {
                try await onThread { _ = try PostgresConnection("\(database.conninfo) \(part)") }
            }
            #expect(error?.code == .connection)
            #expect(error?.description.contains("does not exist") == true)
        }
    }

    @Test(
        "A malformed connection string is a usage error that repeats nothing of it",
        arguments: [
            "postgresql://anna:ge@heim@db.example/shop", "postgresql://anna:ge/heim@db.example/shop",
            "postgresql://anna:geheim@db.example:port/shop", "host=db.example password=ge heim",
            "postgresql://anna:geheim@db.example/shop?geheim=1", "postgresql://[geheim/shop", "host=a\0b geheim",
            "host=db.example port=99999 password=geheim", "password='geheim",
        ])
    func malformed(conninfo: String) throws {
        let error = #expect(throws: PostgresError.self) { try PostgresConnection(conninfo) }
        #expect(error?.code == .usage)
        #expect(error?.description.contains("heim") == false, "\(error?.description ?? "")")
        #expect(error?.isTransient == false)
    }

    @Test("A closed connection says so")
    func closed() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let whoami = Statement(name: "whoami", sql: "select pg_backend_pid()")
                _ = try connection.run(whoami)
                connection.close()
                #expect(!connection.isUsable)
                let error = #expect(throws: PostgresError.self) { try connection.run(whoami) }
                #expect(error?.code == .closed)
            }
        }
    }

    @Test("Statement and lock timeouts hold for the session")
    func timeouts() async throws {
        try await withTestDatabase { database in
            var options = ConnectionOptions()
            options.statementTimeout = .seconds(30)
            options.lockTimeout = .milliseconds(50)
            try await database.withConnection { [options] holder in
                try holder.execute("create table held ()")
                try holder.execute("begin; lock held")
                let other = try PostgresConnection(database.conninfo, options: options)
                defer { other.close() }
                try #expect(other.run(Statement("show statement_timeout")).string(0, 0) == "30s")
                let error = #expect(throws: PostgresError.self) { try other.execute("begin; lock held; commit") }
                #expect(error?.sqlState == .lockNotAvailable)
                #expect(error?.isTransient == true)
                #expect(error?.isConnectionLost == false)
            }
        }
    }

    @Test("A session that the server ended is seen without a round trip, and by the next statement")
    func terminated() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let victim = try PostgresConnection(database.conninfo)
                defer { victim.close() }
                #expect(victim.isStillOpen())
                let processID = try victim.run(Statement("select pg_backend_pid()")).int32(0, 0)
                let ended = try connection.run(Statement("select pg_terminate_backend($1, 10000)"), [processID])
                try #expect(ended.bool(0, 0))
                let error = #expect(throws: PostgresError.self) { try victim.execute("select 1") }
                #expect(error?.isConnectionLost == true)
                #expect(error?.isTransient == true)
                #expect(!victim.isUsable)
                #expect(!victim.isStillOpen())
            }
        }
    }
}
