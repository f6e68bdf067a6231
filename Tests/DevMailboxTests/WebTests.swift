import DevMailbox
import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)))
struct WebTests {
    private static let mail = """
        from email.message import EmailMessage
        from email.policy import SMTP
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = "Grüße <script>alert(1)</script>"
        mail["From"] = "a@a.example"
        mail["To"] = "Zoë <zoe@b.example>"
        mail.set_content("the text & more\\n")
        mail.add_alternative("<html><head></head><body><b>the html</b></body></html>", subtype="html")
        def send(port):
            client = smtplib.SMTP("127.0.0.1", port)
            client.send_message(mail)
            client.quit()
        def get(path):
            return urllib.request.urlopen(address + path, timeout=30)

        """

    private func browse(_ script: String) async throws -> String {
        try await DevMailbox.with(configured { $0.webPort = 0 }) { mailbox in
            let address = try #require(mailbox.webAddress)
            return try await smtplib(
                Self.mail + "port, address = \(mailbox.smtpPort), '\(address)'\n" + script
            )
        }
    }

    @Test("A page that cannot be served leaves no listener for mail behind")
    func pageRefused() async throws {
        try await DevMailbox.with(configured { $0.webPort = 0 }) { first in
            let taken = try #require(first.webAddress.flatMap(URL.init(string:))?.port)
            let free = try LoopbackPort.free()
            await #expect(throws: (any Error).self) {
                try await DevMailbox.start(
                    configured {
                        $0.smtpPort = free
                        $0.webPort = taken
                    })
            }
            #expect(!LoopbackPort.isListening(free))
        }
    }

    @Test("The list shows the newest first, escaped, and leads to every view of a mail")
    func pages() async throws {
        let printed = try await browse(
            """
            print("No mail yet" in get("").read().decode())
            send(port)
            mail.replace_header("Subject", "second")
            send(port)
            page = get("").read().decode()
            print(page.index("second") < page.index("Grüße"), "<script>alert" in page, "&lt;script&gt;alert" in page)
            print("the text &amp; more" in get("mails/1/text").read().decode())
            print("Zoë &lt;zoe@b.example&gt;" in get("mails/1/headers").read().decode())
            print("Content-Transfer-Encoding" in get("mails/1/raw").read().decode())
            print('src="/mails/1/part.html"' in get("mails/1").read().decode())
            part = get("mails/1/part.html")
            print("<b>the html</b>" in part.read().decode(), "sandbox" in part.headers["Content-Security-Policy"])
            eml = get("mails/1/mail.eml")
            print(eml.headers["Content-Type"], eml.read().endswith(b"--\\r\\n"))
            try:
                get("mails/3")
            except urllib.error.HTTPError as error:
                print(error.code)
            """
        )
        #expect(
            printed == """
                True
                True False True
                True
                True
                True
                True
                True True
                message/rfc822 True
                404
                """
        )
    }

    @Test("Pages and mails may load nothing from elsewhere")
    func policies() async throws {
        let printed = try await browse(
            """
            send(port)
            for path in ["", "mails/1", "mails/1/part.html", "style.css", "refresh.js"]:
                answer = get(path)
                policy = answer.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'"), policy
                assert "http" not in policy and "*" not in policy, policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "https://" not in answer.read().decode()
            print("script-src" in get("mails/1/part.html").headers["Content-Security-Policy"])
            """
        )
        #expect(printed == "False")
    }

    @Test("Who asks for changes is answered when a mail comes")
    func changes() async throws {
        let printed = try await browse(
            """
            import threading
            answers = []
            asker = threading.Thread(target=lambda: answers.append(get("changes?after=0").read()))
            asker.start()
            send(port)
            asker.join()
            print(answers)
            """
        )
        #expect(printed == "[b'1']")
    }

    @Test("A mailbox stops while someone waits for changes")
    func stops() async throws {
        let mailbox = try await DevMailbox.start(configured { $0.webPort = 0 })
        let address = try #require(mailbox.webAddress)
        async let asked = smtplib(
            """
            try:
                print(urllib.request.urlopen("\(address)changes?after=0", timeout=30).status)
            except OSError:
                print("ended")
            """
        )
        let begun = ContinuousClock.now
        await mailbox.stop()
        #expect(ContinuousClock.now - begun < .seconds(10))
        #expect(["ended", "200"].contains(try await asked))
    }
}
