import Testing

@testable import DevMailbox

struct FaultScriptTests {
    private func hits(_ occurrence: FaultRule.Occurrence, recipients: [String]) -> [Bool] {
        let script = FaultScript([FaultRule(.rcpt, occurrence, .close)])
        return recipients.map { script.action(at: .rcpt, recipients: [$0]) != nil }
    }

    @Test(
        "An occurrence hits the occasions it names",
        arguments: [
            (FaultRule.Occurrence.always, [true, true, true, true, true, true]),
            (.nth(2), [false, true, false, false, false, false]),
            (.first(2), [true, true, false, false, false, false]),
            (.every(3), [false, false, true, false, false, true]),
            (.firstForEachRecipient(1), [true, false, true, false, false, true]),
            (.probability(0, seed: 1), [false, false, false, false, false, false]),
            (.probability(1, seed: 1), [true, true, true, true, true, true]),
        ]
    )
    func occurrences(occurrence: FaultRule.Occurrence, expected: [Bool]) {
        #expect(hits(occurrence, recipients: ["a", "a", "b", "a", "b", "c"]) == expected)
    }

    @Test(
        "A probability hits about its share, and the same occasions with the same seed",
        arguments: [1, 2, 3] as [UInt64])
    func probability(seed: UInt64) {
        let many = Array(repeating: "x", count: 10_000)
        let first = hits(.probability(0.1, seed: seed), recipients: many)
        #expect(first == hits(.probability(0.1, seed: seed), recipients: many))
        #expect(first != hits(.probability(0.1, seed: seed + 100), recipients: many))
        // Six standard deviations of 30.
        #expect((820...1180).contains(first.count { $0 }))
    }

    @Test(
        "A pattern matches an address",
        arguments: [
            ("*", "a@b.example", true), ("a@b.example", "A@B.example", true), ("a@*", "a@b.example", true),
            ("*@b.example", "x@c.example", false), ("a*b*c", "a-b-c", true), ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false), ("", "a", false), ("a", "ab", false),
        ]
    )
    func patterns(pattern: String, address: String, matches: Bool) {
        let script = FaultScript([FaultRule(.rcpt, recipient: pattern, .always, .close)])
        #expect((script.action(at: .rcpt, recipients: [address]) != nil) == matches)
    }

    @Test("The first rule that hits wins, and later ones still count")
    func order() {
        let script = FaultScript([
            FaultRule(.mail, .nth(1), .silence), FaultRule(.mail, .first(2), .close),
        ])
        let names = (1...3).map { _ in script.action(at: .mail)?.name }
        #expect(names == ["silence", "close", nil])
    }

    @Test("A rule for a recipient does not match where there is none yet")
    func noRecipient() {
        let script = FaultScript([FaultRule(.mail, recipient: "*", .always, .close)])
        #expect(script.action(at: .mail) == nil)
    }
}
