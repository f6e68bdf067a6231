import Testing

@testable import SMTPSender

@Suite("The relay's settings")
struct RelayConfigurationTests {
    @Test("are read from URLs in order of preference, over the defaults")
    func urls() throws {
        var defaults = RelayConfiguration(host: "")
        defaults.connections = 3
        let relays = try RelayConfiguration.parse(
            urls: "smtp://us%40er:p%40s%2Cs%3A@mail.example.com:2525/?tls=opportunistic, SMTPS://[::1], smtp://relay",
            defaults: defaults)
        #expect(relays.map(\.host) == ["mail.example.com", "::1", "relay"])
        #expect(relays.map(\.port) == [2525, 465, 587])
        #expect(relays.map(\.usesImplicitTLS) == [false, true, false])
        #expect(relays.map(\.tls) == [.opportunistic, .required, .required])
        #expect(relays.map(\.connections) == [3, 3, 3])
        #expect(relays[0].credentials == SMTPCredentials(username: "us@er", password: "p@s,s:"))
        #expect(relays[1].credentials == nil)
        #expect(relays[1].name == "[::1]:465")
    }

    @Test("take user name and password from the defaults where a URL has none")
    func defaultCredentials() throws {
        var defaults = RelayConfiguration(host: "")
        defaults.credentials = SMTPCredentials(username: "u", password: "from-file")
        let relays = try RelayConfiguration.parse(urls: "smtp://a,smtp://other@b", defaults: defaults)
        #expect(relays.map(\.credentials?.username) == ["u", "other"])
        #expect(relays.map(\.credentials?.password) == ["from-file", "from-file"])
    }

    static let wrong: [(String, String)] = [
        ("", "no relay is set"), ("mail.example.com", "must begin with smtp://"),
        ("http://a", "must begin with smtp://"),
        ("smtp://", "no valid host name"), ("smtp://user:hunter2@", "no valid host name"),
        ("smtp://a b", "no valid host name"),
        ("smtp://user:hunter2/x@a:0", "port"), ("smtp://u:hunter2@a:99999", "port"),
        ("smtp://u:hunter2@::1", "no valid host name"),
        ("smtp://u:hunter2%@a", "percent"), ("smtp://u:hunter2%0A@a", "percent"), ("smtp://:hunter2@a", "user name"),
        ("smtp://u@a", "no password"), ("smtp://u:hunter2@a?tls=maybe", "unknown tls option"),
        ("smtp://a?ssl=1", "not known"),
        ("smtps://u:hunter2@a?tls=off", "always encrypted"), ("smtp://[zz]:25", "IPv6"),
        ("smtp://[::1]x", "after the ]"),
        ("smtp://u:hun,ter2@a", "%2C"), ("smtp://good,smtp://", "relay URL 2"),
    ]

    @Test("that are wrong are refused with what to mend, and never with the password", arguments: wrong)
    func errors(urls: String, expected: String) {
        do {
            let relays = try RelayConfiguration.parse(urls: urls)
            Issue.record("\(urls) gave \(relays)")
        } catch {
            #expect(error.message.contains(expected), "\(error.message)")
            #expect(!error.message.contains("hunter") && !error.message.contains("ter2"))
        }
    }

    @Test("do not show the password however they are printed")
    func hidden() throws {
        let relay = try #require(RelayConfiguration.parse(urls: "smtp://user:hunter2@mail:25?tls=off").first)
        var dumped = ""
        dump(relay, to: &dumped)
        for text in ["\(relay)", String(reflecting: relay), String(describing: relay.credentials), dumped] {
            #expect(!text.contains("hunter2"), "\(text)")
        }
        #expect("\(relay)" == "smtp://user@mail:25?tls=off")
    }

    @Test("name their timeouts in seconds")
    func timeouts() throws {
        let timeouts = try SMTPTimeouts.parse("connect=2, dot = 0.5")
        #expect(timeouts.connect == .seconds(2))
        #expect(timeouts.dot == .milliseconds(500))
        #expect(timeouts.mail == SMTPTimeouts().mail)
        for wrong in ["dot", "dot=", "dot=0", "dot=-1", "dot=nan", "speed=3", "dot=1e9"] {
            #expect(throws: RelayConfigurationError.self) { try SMTPTimeouts.parse(wrong) }
        }
    }
}
