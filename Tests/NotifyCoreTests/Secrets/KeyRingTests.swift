import Foundation
import NotifyCore
import Testing

enum Ring {
    /// The base64 of 32 bytes that a seed stands for.
    static func key(_ seed: UInt64) -> String {
        var generator = SplitMix64(seed: seed)
        return Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }).base64EncodedString()
    }

    static func of(_ seeds: UInt64...) throws -> KeyRing {
        try KeyRing(parsing: seeds.map(key).joined(separator: ","))
    }
}

@Suite("The key ring")
struct KeyRingTests {
    let message = Array("a message".utf8)

    @Test("The newest key signs and every key verifies")
    func rotate() throws {
        let old = try Ring.of(1)
        let both = try Ring.of(2, 1)
        let signature = old.sign(message, for: .unsubscribe)
        #expect(both.verify(signature, of: message, for: .unsubscribe))
        #expect(!(try Ring.of(2).verify(signature, of: message, for: .unsubscribe)))
        let newer = both.sign(message, for: .unsubscribe)
        #expect(newer.keyID != signature.keyID)
        #expect(newer == (try Ring.of(2).sign(message, for: .unsubscribe)))
        #expect(!old.verify(newer, of: message, for: .unsubscribe))
    }

    @Test("A random ring verifies what it signed, and nobody else's does")
    func random() {
        let ring = KeyRing.random()
        let signature = ring.sign(message, for: .unsubscribe)
        #expect(ring.verify(signature, of: message, for: .unsubscribe))
        #expect(!KeyRing.random().verify(signature, of: message, for: .unsubscribe))
    }

    @Test("A signature is worth nothing for another message or key id")
    func separate() throws {
        let ring = try Ring.of(1)
        let signature = ring.sign(message, for: .unsubscribe)
        #expect(ring.verify(signature, of: message, for: .unsubscribe))
        #expect(!ring.verify(signature, of: message + [0], for: .unsubscribe))
        let foreign = Signature(keyID: signature.keyID ^ 1, code: signature.code)
        #expect(!ring.verify(foreign, of: message, for: .unsubscribe))
    }

    @Test("A code may be cut to 16 octets, not to fewer, and no bit of it may differ")
    func cut() throws {
        let ring = try Ring.of(1)
        let signature = ring.sign(message, for: .unsubscribe)
        for length in 0...32 {
            let cut = Signature(keyID: signature.keyID, code: Array(signature.code.prefix(length)))
            #expect(ring.verify(cut, of: message, for: .unsubscribe) == (length >= 16))
        }
        let longer = Signature(keyID: signature.keyID, code: signature.code + [0])
        #expect(!ring.verify(longer, of: message, for: .unsubscribe))
        for bit in 0..<256 {
            var code = signature.code
            code[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!ring.verify(Signature(keyID: signature.keyID, code: code), of: message, for: .unsubscribe))
        }
    }

    /// HKDF-SHA256 and HMAC-SHA256 of the key 00 01 … 1f, computed with Python's hmac module.
    @Test("Subkeys and codes are those of RFC 5869 and RFC 2104")
    func knownAnswer() throws {
        let ring = try KeyRing(parsing: Data((0..<32).map { UInt8($0) }).base64EncodedString())
        let signature = ring.sign(message, for: .unsubscribe)
        #expect(String(signature.keyID, radix: 16) == "64f6")
        #expect(HexText.encode(signature.code) == "e4196b1a77ef628e35712e244cd261fe919eeab8453e96642095c87cf61e9dd5")
    }

    @Test("Keys are read with white space around them, in either alphabet, padded or not")
    func read() throws {
        let bytes = Data((0..<32).map { UInt8(255 - $0) })
        let standard = bytes.base64EncodedString()
        let urlSafe = standard.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        let signature = try KeyRing(parsing: standard).sign(message, for: .unsubscribe)
        #expect(standard != urlSafe)
        #expect(try KeyRing(parsing: " \(urlSafe)\n").sign(message, for: .unsubscribe) == signature)
        #expect(try KeyRing(parsing: "\(urlSafe) , \(Ring.key(1))").sign(message, for: .unsubscribe) == signature)
    }

    @Test(
        "A ring that cannot be used is refused with the place of the key, and without the key",
        arguments: [
            ("", "key 1 has 0 bytes"), ("c2hvcnQ=", "key 1 has 5 bytes"), ("not base64!", "key 1 is not base64"),
            (Ring.key(1) + ",", "key 2 has 0 bytes"), (Ring.key(1) + "," + Ring.key(1), "key 2 stands there twice"),
            (Data(repeating: 0, count: 32).base64EncodedString(), "key 1 is not random"),
            (Data(repeating: 7, count: 33).base64EncodedString(), "key 1 has 33 bytes"),
            (String(Ring.key(1).dropLast(2)) + "==", "key 1"),
            ((1...33).map { Ring.key($0) }.joined(separator: ","), "33 keys"),
        ])
    func refuse(_ text: String, _ problem: String) throws {
        let error = try #require(#expect(throws: InvalidSetting.self) { try KeyRing(parsing: text) })
        #expect(error.description.contains(problem))
        for entry in text.split(separator: ",") { #expect(!error.description.contains(entry)) }
    }

    @Test("Base64 reads back what it wrote, and has one spelling")
    func base64() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix64(seed: seed)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let text = Base64Text.encode(bytes)
            #expect(Base64Text.decode(text) == bytes, "seed \(seed)")
            #expect(Base64Text.decode(Data(bytes).base64EncodedString()) == bytes, "seed \(seed)")
            #expect(
                text
                    == Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                    .replacing("=", with: ""))
        }
        for bad in ["A", "AB", "AAB", "AA=", "AA===", "AAAA=", "A A", "AA\n", "=", "AA=A", "é"] {
            #expect(Base64Text.decode(bad) == nil, "\(bad)")
        }
    }
}
