import Crypto
import Foundation
import Synchronization

/// An append-only file with one JSON object a line for each captured mail, written before its 250.
///
/// A checker that compares what a client believes with what a server took needs the server's word to outlive the
/// client's fate, and the server's own: each line is one `write`, so it survives a killed process (not a lost host).
final class CaptureLog: Sendable {
    struct Entry: Codable {
        let id: Int
        let session: Int
        let time: Double
        let token: String?
        let messageID: String?
        let sender: String
        let recipients: [String]
        let sha256: String
        let bytes: Int

        enum CodingKeys: String, CodingKey {
            case id, session, time, token, sender, recipients, sha256, bytes
            case messageID = "message_id"
        }
    }

    private let file: FileHandle
    private let tokenPrefix: [UInt8]
    private let encoder = Mutex(JSONEncoder())

    init(_ configuration: MailboxConfiguration.Log) throws {
        let path = configuration.path
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
            }
        }
        file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        tokenPrefix = Array(configuration.tokenPrefix.utf8)
    }

    deinit { try? file.close() }

    func append(_ mail: CapturedMail) throws {
        let entry = Entry(
            id: mail.id,
            session: mail.session,
            time: mail.capturedAt.timeIntervalSince1970,
            token: token(in: mail.content),
            messageID: MailHeader(of: mail.content)["Message-ID"],
            sender: mail.sender,
            recipients: mail.recipients,
            sha256: SHA256.hash(data: mail.content).map { String(format: "%02x", $0) }.joined(),
            bytes: mail.content.count
        )
        var line = try encoder.withLock { try $0.encode(entry) }
        line.append(UInt8(ascii: "\n"))
        try file.write(contentsOf: line)
    }

    /// The first occurrence of the prefix with the letters, digits, `-` and `_` behind it.
    private func token(in content: [UInt8]) -> String? {
        guard !tokenPrefix.isEmpty, let found = content.firstRange(of: tokenPrefix) else { return nil }
        let rest = content[found.upperBound...]
            .prefix { byte in
                Character(UnicodeScalar(byte)).isLetter || (48...57).contains(byte) || byte == 45 || byte == 95
            }
        return String(decoding: content[found] + rest, as: UTF8.self)
    }
}
