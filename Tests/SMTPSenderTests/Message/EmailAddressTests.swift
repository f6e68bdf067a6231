import Testing

@testable import SMTPSender

@Suite("E-mail addresses")
struct EmailAddressTests {
    struct Good: Sendable, CustomTestStringConvertible {
        let input: String
        let localPart: String
        let wireForm: String
        var requiresSMTPUTF8 = false
        var testDescription: String { input }

        init(_ input: String, _ localPart: String, _ wireForm: String, requiresSMTPUTF8: Bool = false) {
            self.input = input
            self.localPart = localPart
            self.wireForm = wireForm
            self.requiresSMTPUTF8 = requiresSMTPUTF8
        }
    }

    @Test(
        "An address is kept, with its domain as lower-case A-labels",
        arguments: [
            Good("jane@example.com", "jane", "jane@example.com"),
            Good("Jane.Doe+tickets@Example.COM", "Jane.Doe+tickets", "Jane.Doe+tickets@example.com"),
            Good("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~", "!#$%&'*+-/=?^_`{|}~@example.com"),
            Good("root@localhost", "root", "root@localhost"),
            Good("a@r3---sn.example", "a", "a@r3---sn.example"),
            Good("\"jane doe\"@example.com", "jane doe", "\"jane doe\"@example.com"),
            Good("\"a@b\"@example.com", "a@b", "\"a@b\"@example.com"),
            Good("\"q\\\"b\\\\s\"@example.com", "q\"b\\s", "\"q\\\"b\\\\s\"@example.com"),
            Good("\"plain\"@example.com", "plain", "plain@example.com"),
            Good("\".dots..\"@example.com", ".dots..", "\".dots..\"@example.com"),
            Good("info@Bücher.example", "info", "info@xn--bcher-kva.example"),
            Good("info@faß.example", "info", "info@xn--fa-hia.example"),
            Good("info@xn--bcher-kva.example", "info", "info@xn--bcher-kva.example"),
            Good("info@例え。テスト", "info", "info@xn--r8jz45g.xn--zckzah"),
            Good("info@bu\u{308}cher.example", "info", "info@xn--bcher-kva.example"),
            Good("用户@例子.example", "用户", "用户@xn--fsqu00a.example", requiresSMTPUTF8: true),
            Good("jos\u{E9}@example.com", "jos\u{E9}", "jos\u{E9}@example.com", requiresSMTPUTF8: true),
            Good("\"zoë q\"@example.com", "zoë q", "\"zoë q\"@example.com", requiresSMTPUTF8: true),
            Good(
                String(repeating: "a", count: 64) + "@example.com", String(repeating: "a", count: 64),
                String(repeating: "a", count: 64) + "@example.com"),
        ])
    func accepts(good: Good) throws {
        let address = try EmailAddress(parsing: good.input)
        #expect(address.localPart == good.localPart)
        #expect(address.wireForm == good.wireForm)
        #expect(address.requiresSMTPUTF8 == good.requiresSMTPUTF8)
        #expect(try EmailAddress(parsing: address.wireForm) == address, "the wire form reads back as the same address")
    }

    @Test(
        "What is no address is refused with the reason",
        arguments: [
            ("", AddressError.missingAtSign),
            ("jane", .missingAtSign),
            ("@example.com", .emptyLocalPart),
            ("\"\"@example.com", .emptyLocalPart),
            ("jane@", .emptyDomain),
            ("jane@example..com", .invalidDomain),
            ("jane@.example.com", .invalidDomain),
            ("jane@example.com.", .invalidDomain),
            ("jane@-example.com", .invalidDomain),
            ("jane@example-.com", .invalidDomain),
            ("jane@exa_mple.com", .invalidDomain),
            ("jane@exam ple.com", .invalidDomain),
            ("jane@example.com ", .invalidDomain),
            ("jane@192.0.2.1", .invalidDomain),
            ("jane@xn--a.example", .invalidDomain),
            ("jane@☃\u{FE0F}\u{20E3}.example", .invalidDomain),
            ("jane@[192.0.2.1]", .addressLiteral),
            ("jane@[IPv6:2001:db8::1]", .addressLiteral),
            (" jane@example.com", .invalidLocalPart),
            ("jane doe@example.com", .invalidLocalPart),
            ("jane..doe@example.com", .invalidLocalPart),
            (".jane@example.com", .invalidLocalPart),
            ("jane.@example.com", .invalidLocalPart),
            ("a@b@example.com", .invalidLocalPart),
            ("Jane <jane@example.com>", .invalidLocalPart),
            ("jane@example.com>", .invalidDomain),
            ("\"a\"b@example.com", .invalidLocalPart),
            ("\"open@example.com", .unterminatedQuote),
            ("\"open\\\"@example.com", .unterminatedQuote),
            ("jane@example.com\r\nRCPT TO:<evil@example.com>", .forbiddenCharacter),
            ("\"jane\r\n\"@example.com", .forbiddenCharacter),
            ("jane\u{0}@example.com", .forbiddenCharacter),
            ("jane\t@example.com", .forbiddenCharacter),
            ("jane\u{85}@example.com", .forbiddenCharacter),
            ("jane\u{202E}@example.com", .forbiddenCharacter),
            ("jane\u{2066}@example.com", .forbiddenCharacter),
            ("jane\u{200F}@example.com", .forbiddenCharacter),
            ("jane\u{A0}doe@example.com", .forbiddenCharacter),
            ("jane@exa\u{AD}mple.com", .forbiddenCharacter),
            ("jane\u{2028}@example.com", .forbiddenCharacter),
        ])
    func refuses(input: String, reason: AddressError) {
        #expect(throws: reason) { try EmailAddress(parsing: input) }
    }

    @Test("Bounds: 64 octets before the @, 253 in the domain and 63 in a label, 254 in all")
    func bounds() throws {
        let long = String(repeating: "a", count: 63)
        let domainOf189 = [long, String(repeating: "b", count: 63), String(repeating: "c", count: 61)]
            .joined(separator: ".")
        #expect(throws: AddressError.localPartTooLong) { try EmailAddress(parsing: "\(long)aa@example.com") }
        #expect(throws: AddressError.localPartTooLong) { try EmailAddress(parsing: "\"\(long) a\"@example.com") }
        #expect(throws: AddressError.domainTooLong) { try EmailAddress(parsing: "a@\(long)a.example") }
        #expect(throws: AddressError.domainTooLong) {
            try EmailAddress(parsing: "a@\(long).\(long).\(long).\(long).example")
        }
        let longest = "\(long)a@\(domainOf189)"
        #expect(longest.utf8.count == 254)
        #expect(try EmailAddress(parsing: longest).wireForm == longest)
        #expect(throws: AddressError.addressTooLong) { try EmailAddress(parsing: "\(longest)d") }
        #expect(throws: AddressError.addressTooLong) {
            try EmailAddress(parsing: String(repeating: "a", count: 10_000) + "@example.com")
        }
    }

    @Test("Whatever is accepted fits the wire and reads back", arguments: [1, 2, UInt64.random(in: 0...UInt64.max)])
    func property(seed: UInt64) throws {
        let pieces = [
            "a", "B7", ".", "@", "\"", "\\", " ", "-", "xn--", "xn--bcher-kva", "ü", "ß", "語", "。", "[", "]", "<", ">",
            "\r\n", "\u{0}", "\u{202E}", "\u{200D}", "e\u{301}", "example.com", "@example.com",
            String(repeating: "l", count: 60),
        ]
        var random = SplitMix64(seed: seed)
        var accepted = 0
        for _ in 0..<5_000 {
            let parts = (0..<Int.random(in: 1...6, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }
            let input = parts.joined() + (Bool.random(using: &random) ? "@example.com" : "")
            guard let address = try? EmailAddress(parsing: input) else { continue }
            accepted += 1
            let wireForm = address.wireForm
            #expect(wireForm.utf8.count <= 254, "seed \(seed), \(input.debugDescription)")
            #expect(wireForm.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "seed \(seed), \(input.debugDescription)")
            #expect(!wireForm.contains(" ") || wireForm.hasPrefix("\""), "seed \(seed), \(input.debugDescription)")
            #expect(address.domain.utf8.allSatisfy { $0 < 0x80 }, "seed \(seed), \(input.debugDescription)")
            #expect(try EmailAddress(parsing: wireForm) == address, "seed \(seed), \(input.debugDescription)")
        }
        #expect(accepted > 200, "seed \(seed)")
    }

    @Test("Interpolating an address or a mailbox gives nothing away")
    func description() throws {
        let address = try EmailAddress(parsing: "jane@example.com")
        #expect("\(address)" == "(address)")
        #expect("\(Mailbox(displayName: "Jane", address: address))" == "(mailbox)")
        for error in AddressError.allCases { #expect(!error.description.isEmpty) }
    }
}
