import DevMailbox
import Foundation
import Glibc
import NotifyCore
import PostgresClient
import TestSupport
import Testing

@Suite("run", .timeLimit(.minutes(3)))
struct RunTests {
    private func settings(_ database: TestDatabase, _ mailbox: DevMailbox) -> [String: String] {
        Program.settings.merging([
            "NOTIFY_DATABASE_URL": database.url(), "NOTIFY_LISTEN_URL": database.direct.url(),
            "NOTIFY_SMTP_URL": "smtp://127.0.0.1:\(mailbox.smtpPort)?tls=off",
        ]) { $1 }
    }

    @Test(
        "It sends what is queued, logs one JSON object a line, and SIGTERM ends it with 0",
        arguments: [SIGTERM, SIGINT])
    func sendsAndStops(signal: Int32) async throws {
        try await withTestDatabase(.oneUser) { database in
            try await DevMailbox.with { mailbox in
                let program = try await RunningProgram.start(["run"], settings: settings(database, mailbox))
                #expect(try await program.line(with: "worker started") != nil)
                try await enqueue(database)
                _ = try await mailbox.mails(count: 1)
                program.signal(signal)
                #expect(try await program.end() == 0)
                for line in program.lines {
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    #expect(object?["message"] is String && object?["time"] is String, "\(line)")
                    #expect(!line.contains("jane@example.com"))
                }
                let outcomes = try await database.withConnection { connection in
                    try connection.run(Statement("select count(*) from notify.deliveries where outcome = 'sent'"))
                        .int64(0, 0)
                }
                #expect(outcomes == 1)
            }
        }
    }

    @Test("--drain sends what is due and ends by itself with 0")
    func drain() async throws {
        try await withTestDatabase(.oneUser) { database in
            try await DevMailbox.with { mailbox in
                for _ in 0..<50 { try await enqueue(database) }
                let output = try await Program.run(
                    ["run", "--no-api", "--drain"], settings: settings(database, mailbox))
                #expect(output.status == 0, "\(output.standardError)")
                #expect(mailbox.state.mails.count == 50)
            }
        }
    }

    @Test("A database that is away is waited for, and /readyz says so meanwhile")
    func databaseAway() async throws {
        try await DevMailbox.with { mailbox in
            var settings = Program.settings
            settings["NOTIFY_SMTP_URL"] = "smtp://127.0.0.1:\(mailbox.smtpPort)?tls=off"
            settings["NOTIFY_DATABASE_URL"] = "postgresql://u:geheim@127.0.0.1:1/app"
            let program = try await RunningProgram.start(["run"], settings: settings)
            #expect(try await program.line(with: "no journal") != nil)
            let listening = try #require(try await program.line(with: "api listens"))
            let waiting = try #require(try await program.line(with: "cannot start yet"))
            let port = try #require(listening.firstMatch(of: /"port":(\d+)/)?.1)
            let readiness = try await Command.run("python3", ["-c", Self.get, "http://127.0.0.1:\(port)/readyz"])
            let worker =
                #"503 {"status":"not_ready","parts":[{"name":"database","ready":false,"reason":"unreachable"},"#
            #expect(readiness.standardOutput.hasPrefix(worker + #"{"name":"api_database","ready":false,"#))
            #expect(waiting.contains("127.0.0.1, port 1"))
            #expect(!waiting.contains("geheim"))
            program.signal(SIGTERM)
            #expect(try await program.end() == 0)
        }
    }

    @Test("A signal ends a start that waits for a database which takes the login and never answers")
    func silentDatabase() async throws {
        let server = try SilentServer(takesLogin: true)
        try await DevMailbox.with { mailbox in
            var settings = Program.settings
            settings["NOTIFY_SMTP_URL"] = "smtp://127.0.0.1:\(mailbox.smtpPort)?tls=off"
            settings["NOTIFY_DATABASE_URL"] = server.conninfo
            let program = try await RunningProgram.start(["run"], settings: settings)
            try await onThread { server.waitUntilAsked() }
            program.signal(SIGTERM)
            #expect(try await program.end() == 0, "\(program.lines)")
        }
    }

    @Test("A signal that comes before anything runs is not lost", arguments: 0..<5)
    func earlySignal(_: Int) async throws {
        try await withTestDatabase(.oneUser) { database in
            try await DevMailbox.with { mailbox in
                let program = try await RunningProgram.start(["run"], settings: settings(database, mailbox))
                // Said between the moment from which a signal ends nothing by itself and the start of the parts.
                #expect(try await program.line(with: "no journal") != nil)
                program.signal(SIGTERM)
                #expect(try await program.end() == 0, "\(program.lines)")
            }
        }
    }

    @Test("A start says that it is paused, and that what it listens to is another database")
    func pausedAndDeaf() async throws {
        try await withTestDatabase(.oneUser) { database in
            try await withTestDatabase { other in
                try await DevMailbox.with { mailbox in
                    var settings = settings(database, mailbox)
                    settings["NOTIFY_LISTEN_URL"] = other.direct.url()
                    let program = try await RunningProgram.start(["run", "--no-api", "--paused"], settings: settings)
                    #expect(try await program.line(with: "paused: no events are taken") != nil)
                    let warning = try await program.line(with: "notifications are not heard; polling meanwhile")
                    #expect(warning?.contains("is not heard at NOTIFY_LISTEN_URL") == true)
                    program.signal(SIGTERM)
                    #expect(try await program.end() == 0)
                }
            }
        }
    }

    @Test("Missing migrations end it with 78 and the mend")
    func notMigrated() async throws {
        try await withTestDatabase { database in
            try await DevMailbox.with { mailbox in
                let output = try await Program.run(["run"], settings: settings(database, mailbox))
                #expect(output.status == 78)
                #expect(output.standardError.contains("notify-worker migrate"))
            }
        }
    }

    @Test("A schema that a newer program made for itself alone ends it with 78 and the mend")
    func newerSchema() async throws {
        try await withTestDatabase(.oneUser) { database in
            try await database.execute(
                "insert into notify.migrations (number, name, is_breaking) values (999, 'later', true)")
            try await DevMailbox.with { mailbox in
                let output = try await Program.run(["run"], settings: settings(database, mailbox))
                #expect(output.status == 78)
                #expect(output.standardError.contains("(999); install a newer notify-worker"))
            }
        }
    }

    @Test("A taken port ends it with 1, the address and the mend")
    func portTaken() async throws {
        try await DevMailbox.with { mailbox in
            var settings = Program.settings
            settings["NOTIFY_HTTP_PORT"] = "\(mailbox.smtpPort)"
            // Not asked for anything before the first request.
            settings["NOTIFY_DATABASE_URL"] = "postgresql://127.0.0.1:1/nowhere"
            let output = try await Program.run(["run", "--no-worker"], settings: settings)
            #expect(output.status == 1)
            #expect(
                output.standardError.contains("cannot listen on 127.0.0.1:\(mailbox.smtpPort): Address already in use"))
            #expect(output.standardError.contains("NOTIFY_HTTP_PORT"))
        }
    }

    /// Prints status and body, whatever the status is.
    private static let get = """
        import http.client, sys, urllib.parse
        url = urllib.parse.urlsplit(sys.argv[1])
        connection = http.client.HTTPConnection(url.netloc)
        connection.request("GET", url.path)
        answer = connection.getresponse()
        print(answer.status, answer.read().decode(), end="")
        """

    private func enqueue(_ database: TestDatabase) async throws {
        _ = try await database.withConnection { connection in
            try EventProducer(connection)
                .enqueue(
                    NewEvent(
                        kind: "assigned_ticket", userID: try #require(UUID(uuidString: Person.jane)),
                        payload: Person.ticket))
        }
    }
}
