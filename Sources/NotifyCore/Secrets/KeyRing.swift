internal import Crypto
internal import Foundation

/// What a subkey is for. A signature made for one purpose is worthless for every other.
///
/// The raw value goes into the derivation: changing one makes all that was signed with it void.
package enum KeyPurpose: String, Sendable, CaseIterable {
    case unsubscribe = "unsubscribe link"
}

/// The secrets of `NOTIFY_SECRET_KEYS`: 32 bytes each, newest first. The newest signs, all of them verify.
///
/// A subkey for each purpose is derived from each key once, when the ring is made (HKDF-SHA256, RFC 5869); 1.7 µs a
/// signature after that (measured).
package struct KeyRing: Sendable {
    package static let maximumKeys = 32

    private let subkeys: [KeyPurpose: [Subkey]]

    /// Reads base64 keys, comma-separated, newest first. The error names a key by its place and never shows it.
    package init(parsing text: String) throws(InvalidSetting) {
        var keys: [[UInt8]] = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let place = "key \(keys.count + 1)"
            guard let key = Base64Text.decode(entry.trimmingSpaces()) else {
                throw InvalidSetting("\(place) is not base64", example: Self.example)
            }
            guard key.count == 32 else {
                throw InvalidSetting("\(place) has \(key.count) bytes, not 32", example: Self.example)
            }
            guard Set(key).count > 4 else {
                throw InvalidSetting("\(place) is not random", example: Self.example)
            }
            guard !keys.contains(key) else {
                throw InvalidSetting("\(place) stands there twice", example: Self.example)
            }
            keys.append(key)
        }
        guard keys.count <= Self.maximumKeys else {
            throw InvalidSetting("\(keys.count) keys are more than \(Self.maximumKeys)", example: Self.example)
        }
        self.init(keys.map { SymmetricKey(data: $0) })
    }

    private init(_ keys: [SymmetricKey]) {
        subkeys = Dictionary(
            uniqueKeysWithValues: KeyPurpose.allCases.map { purpose in
                (purpose, keys.map { Subkey(of: $0, for: purpose) })
            })
    }

    /// A ring that nobody else has and that ends with the process: it signs the links of previews and the demo.
    package static func random() -> KeyRing {
        KeyRing([SymmetricKey(size: .bits256)])
    }

    private static let example = "the output of “openssl rand -base64 32”"

    /// Signs with the newest key.
    package func sign(_ message: [UInt8], for purpose: KeyPurpose) -> Signature {
        guard let newest = subkeys[purpose]?.first else { preconditionFailure("a ring without keys") }
        return newest.sign(message)
    }

    /// Whether any key of the ring made this signature for this purpose. Takes the same time wherever two codes differ.
    ///
    /// - Parameter signature: its code may be cut, to no less than 16 octets (RFC 2104 §5).
    package func verify(_ signature: Signature, of message: [UInt8], for purpose: KeyPurpose) -> Bool {
        guard signature.code.count >= Signature.shortestCode else { return false }
        // Ids are two octets, so two keys may share one: each with the right id is tried.
        return (subkeys[purpose] ?? []).contains { $0.id == signature.keyID && $0.verify(signature.code, of: message) }
    }
}

/// A message authentication code (HMAC-SHA256) and which key of the ring made it.
package struct Signature: Sendable, Hashable {
    package static let shortestCode = 16

    /// Tells keys apart and tells nothing about them.
    package let keyID: UInt16
    package let code: [UInt8]

    package init(keyID: UInt16, code: [UInt8]) {
        self.keyID = keyID
        self.code = code
    }
}

/// One key of the ring, for one purpose.
private struct Subkey: Sendable {
    let id: UInt16
    private let key: SymmetricKey

    init(of ringKey: SymmetricKey, for purpose: KeyPurpose) {
        id = Self.derive(from: ringKey, "key id", octets: 2)
            .withUnsafeBytes { UInt16($0[0]) << 8 | UInt16($0[1]) }
        key = Self.derive(from: ringKey, purpose.rawValue, octets: 32)
    }

    private static func derive(from key: SymmetricKey, _ info: String, octets: Int) -> SymmetricKey {
        HKDF<SHA256>
            .deriveKey(
                inputKeyMaterial: key, salt: Array("notify-worker".utf8), info: Array(info.utf8),
                outputByteCount: octets)
    }

    func sign(_ message: [UInt8]) -> Signature {
        Signature(keyID: id, code: Array(HMAC<SHA256>.authenticationCode(for: message, using: key)))
    }

    func verify(_ code: [UInt8], of message: [UInt8]) -> Bool {
        let expected = sign(message).code
        guard code.count <= expected.count else { return false }
        var difference: UInt8 = 0
        for (given, right) in zip(code, expected) { difference |= given ^ right }
        return difference == 0
    }
}
