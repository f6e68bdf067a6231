import DevMailbox
import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)))
struct CaptureTests {
    @Test("A mail from smtplib is captured as it was, with its envelope")
    func capturesOne() async throws {
        try await DevMailbox.with { mailbox in
            try await smtplib(
                """
                client = smtplib.SMTP("127.0.0.1", \(mailbox.smtpPort), local_hostname="client.example")
                client.sendmail("from@a.example", ["one@b.example", "two@b.example"],
                                b"Subject: x\\r\\n\\r\\n.\\r\\n..two\\r\\nlast\\r\\n")
                client.sendmail("", ["three@b.example"], b"Subject: y\\r\\n\\r\\nz\\r\\n")
                client.quit()
                """
            )
            let mails = try await mailbox.mails(count: 2)
            #expect(mails.map(\.id) == [1, 2])
            #expect(mails[0].sender == "from@a.example")
            #expect(mails[0].recipients == ["one@b.example", "two@b.example"])
            #expect(String(decoding: mails[0].content, as: UTF8.self) == "Subject: x\r\n\r\n.\r\n..two\r\nlast\r\n")
            #expect(!mails[0].isEncrypted && mails[0].login == nil && mails[0].session == 1)
            #expect(mails[1].sender == "" && mails[1].recipients == ["three@b.example"])
            #expect(mailbox.state.violations == [])
            #expect(mailbox.state.commands.last == "quit")
            try await mailbox.state { $0.openSessions.isEmpty }
        }
    }

    @Test("A pipelined group is answered in order and in one batch")
    func pipelining() async throws {
        try await DevMailbox.with { mailbox in
            let printed = try await smtplib(
                """
                raw = Raw(\(mailbox.smtpPort))
                raw.send(b"MAIL FROM:<a@a.example>\\r\\nRCPT TO:<b@b.example>\\r\\nDATA\\r\\n")
                print(raw.chunk())
                raw.send(b"one\\r\\n.\\r\\nMAIL FROM:<a@a.example>\\r\\nRCPT TO:<c@b.example>\\r\\nDATA\\r\\n")
                print(raw.chunk())
                raw.send(b"two\\r\\n.\\r\\nQUIT\\r\\n")
                print(raw.rest())
                """
            )
            let group = #"250 2.1.0 Sender OK\r\n250 2.1.5 Recipient OK\r\n354 End data with <CR><LF>.<CR><LF>\r\n"#
            #expect(
                printed == """
                    b'\(group)'
                    b'250 2.0.0 OK: captured\\r\\n\(group)'
                    b'250 2.0.0 OK: captured\\r\\n221 2.0.0 Bye\\r\\n'
                    """
            )
            let mails = try await mailbox.mails(count: 2)
            #expect(mails.map { String(decoding: $0.content, as: UTF8.self) } == ["one\r\n", "two\r\n"])
            #expect(mails.map(\.recipients) == [["b@b.example"], ["c@b.example"]])
            #expect(mailbox.state.violations == [])
        }
    }

    @Test(
        "After a refused recipient DATA gets 354 where so configured, and a lone dot ends it", arguments: [true, false])
    func dataWithoutRecipients(answers: Bool) async throws {
        let configuration = configured {
            $0.answersDataWithoutRecipients = answers
            $0.faults = [FaultRule(.rcpt, recipient: "gone@*", .always, .reply(550, "5.1.1", "No such user"))]
        }
        try await DevMailbox.with(configuration) { mailbox in
            let printed = try await smtplib(
                """
                raw = Raw(\(mailbox.smtpPort))
                raw.send(b"MAIL FROM:<a@a.example>\\r\\nRCPT TO:<gone@b.example>\\r\\nDATA\\r\\n")
                print(raw.reply(), raw.reply(), raw.reply(), sep="\\n")
                if \(answers ? "True" : "False"):
                    raw.send(b".\\r\\n")
                    print(raw.reply())
                raw.send(b"RSET\\r\\nQUIT\\r\\n")
                print(raw.reply())
                """
            )
            let data = answers ? "354 End data with <CR><LF>.<CR><LF>\n" : ""
            #expect(
                printed
                    == "250 2.1.0 Sender OK\n550 5.1.1 No such user\n\(data)554 5.5.1 No valid recipients\n250 2.0.0 OK"
            )
            #expect(mailbox.state.mailCount == 0)
            #expect(mailbox.state.violations == [])
        }
    }

    @Test("The oldest mails are dropped beyond the limit, and the log on disk keeps all")
    func bounded() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = "\(folder.path)/capture.log"
        let configuration = configured {
            $0.mailLimit = 3
            $0.log = MailboxConfiguration.Log(path: path, tokenPrefix: "token-")
        }
        try await DevMailbox.with(configuration) { mailbox in
            let lines = try await smtplib(
                """
                client = smtplib.SMTP("127.0.0.1", \(mailbox.smtpPort))
                for number in range(5):
                    client.sendmail("a@a.example", ["b@b.example"],
                        f"Message-ID: <m{number}@a.example>\\r\\n\\r\\nsee token-{number}x, \\r\\n".encode())
                    # Read by another process between the 250 and the next mail.
                    print(sum(1 for line in open("\(path)")))
                """
            )
            #expect(lines == "1\n2\n3\n4\n5")
            let state = mailbox.state
            #expect(state.mails.map(\.id) == [3, 4, 5])
            #expect(state.mailCount == 5)
            let checked = try await smtplib(
                """
                import hashlib, json
                for number, line in enumerate(open("\(path)")):
                    entry = json.loads(line)
                    assert entry["message_id"] == f"<m{number}@a.example>", entry
                    assert entry["token"] == f"token-{number}x", entry
                    assert entry["sender"] == "a@a.example" and entry["recipients"] == ["b@b.example"], entry
                    content = f"Message-ID: <m{number}@a.example>\\r\\n\\r\\nsee token-{number}x, \\r\\n".encode()
                    assert entry["sha256"] == hashlib.sha256(content).hexdigest(), entry
                    assert abs(time.time() - entry["time"]) < 60, entry
                print("good")
                """
            )
            #expect(checked == "good")
        }
    }

    @Test("A wait for mails that do not come ends at its deadline and tells what was seen")
    func deadline() async throws {
        try await DevMailbox.with { mailbox in
            let error = await #expect(throws: MailboxTimeout.self) {
                try await mailbox.mails(count: 1, within: .milliseconds(20))
            }
            #expect(error?.description.contains("0 mails") == true)
        }
    }

    @Test("A suspended mailbox refuses connections, and resumes on its port with its mails")
    func suspension() async throws {
        try await DevMailbox.with { mailbox in
            let send = """
                client = smtplib.SMTP("127.0.0.1", \(mailbox.smtpPort))
                client.sendmail("a@a.example", ["b@b.example"], b"x\\r\\n")
                """
            try await smtplib(send)
            await mailbox.suspend()
            await #expect(throws: Command.Failure.self) { try await smtplib(send) }
            #expect(mailbox.state.openSessions == [])
            try await mailbox.resume()
            try await smtplib(send)
            #expect(mailbox.state.mailCount == 2)
        }
    }

    @Test("A client that stays connected does not keep the mailbox from stopping")
    func stopsWithOpenSessions() async throws {
        let mailbox = try await DevMailbox.start()
        let port = mailbox.smtpPort
        async let client = smtplib("raw = Raw(\(port)); print(raw.rest())")
        try await mailbox.state { $0.commands.count == 1 }
        await mailbox.stop()
        #expect(try await client == "b''")
        #expect(mailbox.state.openSessions == [])
    }

    @Test("A client that connects in the moment of a stop is shut out, and nothing else comes of it")
    func connectsWhileStopping() async throws {
        let mailbox = try await DevMailbox.start()
        let port = mailbox.smtpPort
        async let ends = smtplib(
            """
            import socket, time
            ends, deadline = 0, time.monotonic() + 60
            while ends < 500 and time.monotonic() < deadline:
                try:
                    # From another address: who calls a free port of their own address can reach themselves. And it
                    # speaks first: of a listener that closes amid the handshake the system tells who sends, no other.
                    with socket.create_connection(("127.0.0.1", \(port)), 20, ("127.0.0.2", 0)) as client:
                        client.sendall(b"QUIT\\r\\n")
                        while client.recv(100): pass
                except ConnectionRefusedError: continue
                except ConnectionError: pass
                ends += 1
            print(ends)
            """)
        let stops = Task {
            while !Task.isCancelled {
                await mailbox.suspend()
                // Meanwhile the system may give the port to a connection of somebody else's.
                while (try? await mailbox.resume()) == nil { try await Task.sleep(for: .milliseconds(10)) }
            }
        }
        let count: Result<String, any Error>
        do { count = .success(try await ends) } catch { count = .failure(error) }
        stops.cancel()
        _ = await stops.result
        await mailbox.stop()
        #expect(try count.get() == "500")
        #expect(mailbox.state.openSessions == [])
    }
}
