package import SMTPSender

/// Which relays gave one mail back while one claim of its event lasts, and how.
///
/// Each gets it once in a claim: a mail that every relay gives back waits in the queue, and no two of them can pass it
/// back and forth as fast as they answer.
package struct RelayTries: Sendable, Hashable {
    private struct Try: Sendable, Hashable {
        let relay: Int
        let result: SendResult
    }

    /// In the order in which they were asked.
    private var tries: [Try] = []

    package init() {}

    /// - Parameter relay: its place in the order of preference.
    package mutating func add(_ relay: Int, after result: SendResult) {
        tries.append(Try(relay: relay, result: result))
    }

    package func hasTried(_ relay: Int) -> Bool {
        tries.contains { $0.relay == relay }
    }

    /// Whether this relay cannot carry the mail, whenever it is asked.
    package func isUnfit(_ relay: Int) -> Bool {
        tries.contains { one in
            guard one.relay == relay, case .unfit = SendMeaning(one.result) else { return false }
            return true
        }
    }

    /// How it came to the relay that has it now, for operators; nil where that is the first. Without a reply's text, which
    /// may quote the recipient.
    package func account(relayNames: [String]) -> String? {
        guard !tries.isEmpty else { return nil }
        return "handed on by " + tries.map { "\(relayNames[$0.relay]): \($0.result.reason)" }.joined(separator: ", ")
    }
}

extension SendResult {
    /// Why a relay gave a mail back.
    fileprivate var reason: String {
        switch self {
        case .refused(let reply, let phase): "\(reply.codes) to \(phase.rawValue)"
        case .unsendable(let obstacle): obstacle.description
        case .interrupted(let phase): "closed at \(phase.rawValue)"
        case .unreachable, .accepted, .unknown: "not begun"
        }
    }
}
