/// How long each phase of a conversation may take (RFC 5321 §4.5.3.2).
package struct SMTPTimeouts: Sendable, Hashable {
    /// Name lookup, TCP, and TLS where it comes first.
    package var connect: Duration = .seconds(30)
    /// The greeting, and each answer of EHLO, STARTTLS and login.
    package var greeting: Duration = .seconds(60)
    package var mail: Duration = .seconds(300)
    package var rcpt: Duration = .seconds(300)
    package var data: Duration = .seconds(120)
    /// From one part of the content that the relay took to the next.
    package var block: Duration = .seconds(180)
    /// The answer to the final dot. Too short makes duplicates: the relay may have accepted and be slow to say so.
    package var dot: Duration = .seconds(600)
    package var quit: Duration = .seconds(5)
    /// How long a connection is kept without a mail.
    package var idle: Duration = .seconds(30)

    package init() {}

    private static let names: [(name: String, path: any WritableKeyPath<SMTPTimeouts, Duration> & Sendable)] = [
        ("connect", \.connect), ("greeting", \.greeting), ("mail", \.mail), ("rcpt", \.rcpt), ("data", \.data),
        ("block", \.block), ("dot", \.dot), ("quit", \.quit), ("idle", \.idle),
    ]

    /// Reads `connect=30,dot=600`: seconds, fractions allowed, what is not named keeps its default.
    package static func parse(_ text: String) throws(RelayConfigurationError) -> SMTPTimeouts {
        var timeouts = SMTPTimeouts()
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            guard let name = pair.first, let known = names.first(where: { $0.name == name }) else {
                throw RelayConfigurationError(
                    "\"\(part.trimmed)\" names no timeout: use connect=30,dot=600 and so on, of "
                        + names.map(\.name).joined(separator: ", ")
                )
            }
            guard pair.count == 2, let seconds = Double(pair[1]), seconds > 0, seconds <= 86_400 else {
                throw RelayConfigurationError(
                    "the timeout \(name) must be seconds, more than 0 and at most 86400, as in \(name)=30")
            }
            timeouts[keyPath: known.path] = .milliseconds(Int64((seconds * 1_000).rounded(.up)))
        }
        return timeouts
    }
}

extension StringProtocol {
    /// Without spaces and tabs at either end.
    var trimmed: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
