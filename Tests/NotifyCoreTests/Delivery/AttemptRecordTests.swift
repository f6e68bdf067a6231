import NotifyCore
import SMTPSender
import Testing

@Suite("The record of an attempt")
struct AttemptRecordTests {
    @Test(
        "A recipient is taken out of a reply, in any case and spelling",
        arguments: [
            ("jane.doe@example.com", "<jane.doe@example.com>: no such user", "<recipient>: no such user"),
            ("jane.doe@example.com", "JANE.DOE@Example.Com unknown", "<recipient> unknown"),
            ("jane.doe@example.com", "mailbox jane.doe is full", "mailbox <recipient> is full"),
            ("jane.doe@example.com", "xjane.doe2 rewritten", "x<recipient>2 rewritten"),
            ("jane.doe@example.com", "jane.doe@other.example", "<recipient>@other.example"),
            ("in@example.com", "invalid address in@example.com", "invalid address <recipient>"),
            ("in@example.com", "no user in in domain", "no user <recipient> <recipient> domain"),
            ("jane+tickets@example.com", "jane over quota", "<recipient> over quota"),
            (#""jane doe"@example.com"#, "jane doe over quota", "<recipient> over quota"),
            ("Jürgen@example.com", "jürgen@example.com, JÜRGEN", "<recipient>, <recipient>"),
            ("jane@example.com", "2.0.0 Ok: queued as 4F2A1", "2.0.0 Ok: queued as 4F2A1"),
            ("", "nothing to hide", "nothing to hide"),
        ])
    func scrub(_ address: String, _ text: String, _ scrubbed: String) {
        #expect(RecipientScrubber([address]).scrub(text) == scrubbed)
    }

    @Test("All forms of the address are taken out")
    func forms() {
        let scrubber = RecipientScrubber(["jane@bücher.example", "jane@xn--bcher-kva.example"])
        let text = "jane@bücher.example is jane@xn--bcher-kva.example"
        #expect(scrubber.scrub(text) == "<recipient> is <recipient>")
    }

    @Test("A text is cut to 500 characters after the recipient was taken out")
    func bound() {
        let text = String(repeating: "x ", count: 248) + "jane.doe@example.com"
        let scrubbed = RecipientScrubber(["jane.doe@example.com"]).scrub(text)
        #expect(scrubbed.count == 500)
        #expect(scrubbed.hasSuffix("x <rec"))
    }

    @Test("Nothing of a recipient is left, wherever a relay puts it")
    func nothingLeft() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix64(seed: seed)
        let alphabet = Array("abcdefgh.-_ABC<>: @1ü")
        for _ in 0..<500 {
            let local = String((0..<Int.random(in: 6...12, using: &generator)).map { _ in Character("k") }) + "q"
            let address = "\(local)@example.com"
            let noise = { (count: Int) in
                String((0..<count).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
            }
            let text =
                noise(20)
                + [address, local.uppercased(), address.uppercased()][Int.random(in: 0..<3, using: &generator)]
                + noise(20)
            let scrubbed = RecipientScrubber([address]).scrub(text)
            #expect(!scrubbed.lowercased().contains(local), "seed \(seed)")
        }
    }

    static let refusal = SMTPReply(
        code: 550, enhancedCode: EnhancedStatusCode(5, 1, 1), text: "jane@example.com unknown")

    @Test(
        "Each result has its name, phase and codes",
        arguments: [
            (SendResult.accepted(SMTPReply(code: 250, text: "ok")), "accepted", SMTPPhase.dot, 250),
            (.refused(refusal, .rcpt), "refused", .rcpt, 550),
            (.refused(SMTPReply(code: 451), .data), "deferred", .data, 451),
            (.interrupted(.content), "interrupted", .content, nil),
            (.unknown, "unknown", .dot, nil), (.unreachable, "unreachable", nil, nil),
            (.unsendable(.smtputf8Unsupported), "unsendable", nil, nil),
        ] as [(SendResult, String, SMTPPhase?, Int?)])
    func fields(_ result: SendResult, _ name: String, _ phase: SMTPPhase?, _ code: Int?) {
        let record = AttemptRecord(result, scrubbing: RecipientScrubber(["jane@example.com"]))
        #expect(record.result.rawValue == name)
        #expect(record.phase == phase)
        #expect(record.code == code)
    }

    @Test("Reply and detail are stored without the recipient")
    func scrubbed() {
        let scrubber = RecipientScrubber(["jane@example.com"])
        let refused = AttemptRecord(.refused(Self.refusal, .rcpt), scrubbing: scrubber)
        #expect(refused.reply == "<recipient> unknown")
        #expect(refused.enhancedCode == EnhancedStatusCode(5, 1, 1))
        let invalid = AttemptRecord(
            .unsendable(.invalidEnvelope("jane@example.com has a space")), scrubbing: scrubber)
        #expect(invalid.detail == "<recipient> has a space")
        #expect(invalid.reply == nil)
        let tooLarge = AttemptRecord(Results.tooLarge, scrubbing: scrubber)
        #expect(tooLarge.detail == "the mail has 11 bytes and the relay takes 10")
    }
}
