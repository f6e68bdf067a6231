import Foundation
import NotifyCore
import Testing

@Suite("The unsubscribe token")
struct UnsubscribeTokenTests {
    @Test("It reads back as what it was made of", arguments: EmailSwitch.allCases, [0, 1, 42, .max, .min] as [Int64])
    func roundTrip(_ emailSwitch: EmailSwitch, _ eventID: Int64) throws {
        let ring = try Ring.of(1)
        let token = UnsubscribeToken(userID: UUID(), emailSwitch: emailSwitch, eventID: eventID)
        let text = token.encoded(signedBy: ring)
        #expect(text.count == 59)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        #expect(UnsubscribeToken(verifying: text, with: ring) == token)
        #expect(UnsubscribeToken(verifying: text, with: try Ring.of(3, 2, 1)) == token)
        #expect(UnsubscribeToken(verifying: text, with: try Ring.of(2)) == nil)
    }

    /// A token that went out in a mail must work for years: its bytes may not change.
    @Test("A token made by an earlier build still works")
    func stable() throws {
        let ring = try KeyRing(parsing: Data((0..<32).map { UInt8($0) }).base64EncodedString())
        let token = UnsubscribeToken(userID: Sample.user, emailSwitch: .assignedTickets, eventID: 42)
        #expect(token.encoded(signedBy: ring) == "AWT2EREREREREREREREREREREQIAAAAAAAAAKorA2-LT9Gn-OfDfFAzmXyY")
    }

    @Test("No token with another character anywhere works")
    func tampered() throws {
        let ring = try Ring.of(1)
        let text = UnsubscribeToken(userID: Sample.user, emailSwitch: .assignedTickets, eventID: 42)
            .encoded(signedBy: ring)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ é"
        for index in text.indices {
            for character in alphabet where character != text[index] {
                var changed = text
                changed.replaceSubrange(index...index, with: String(character))
                #expect(UnsubscribeToken(verifying: changed, with: ring) == nil)
            }
        }
    }

    @Test(
        "Nothing else is a token",
        arguments: ["", "A", String(repeating: "A", count: 59), String(repeating: "é", count: 59)])
    func nonsense(_ text: String) throws {
        #expect(UnsubscribeToken(verifying: text, with: try Ring.of(1)) == nil)
    }

    @Test("A token ends in the first 16 octets of its body's signature")
    func signature() throws {
        let ring = try Ring.of(1)
        let text = UnsubscribeToken(userID: Sample.user, emailSwitch: .assignedTickets, eventID: 42)
            .encoded(signedBy: ring)
        let octets = try #require(Base64Text.decode(text))
        let body = [octets[0]] + octets[3..<28]
        let unsubscribe = ring.sign(body, for: .unsubscribe)
        #expect(Array(unsubscribe.code.prefix(16)) == Array(octets[28...]))
    }
}
