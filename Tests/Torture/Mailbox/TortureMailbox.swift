import DevMailbox
import Foundation

/// DevMailbox as a program, for the torture harness: it outlives the worker that is killed, and its log is the relay's
/// own word on what it took.
///
///     torture-mailbox '{"log": "accepted.jsonl", "name": "…"}'
///
/// Reads one JSON command a line and answers each with one JSON line; the first line, unasked, names the port. Ends with
/// its input. Commands: `faults` (replaces all rules), `release` (opens the gate of the `hold` rules and makes a new
/// one), `suspend`, `resume`, `state`.
@main
struct TortureMailbox {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 2 else { throw Complaint("usage: torture-mailbox CONFIGURATION-AS-JSON") }
        let options = try JSONDecoder().decode(Options.self, from: Data(arguments[1].utf8))
        let mailbox = try await DevMailbox.start(try options.configuration())
        try write(["port": mailbox.smtpPort])
        let control = Control(mailbox: mailbox)
        while let line = readLine() {
            do {
                let command = try JSONDecoder().decode(Command.self, from: Data(line.utf8))
                try write(try await control.perform(command))
            } catch {
                try write(["error": "\(error)"])
            }
        }
    }

    private static func write(_ answer: some Encodable) throws {
        try FileHandle.standardOutput.write(contentsOf: try JSONEncoder().encode(answer) + Data("\n".utf8))
    }
}

struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// How the mailbox behaves while no fault is scripted.
struct Options: Decodable {
    let log: String
    var port: Int?
    var extensions: [String]?
    var certificate: String?
    var key: String?
    /// `off`, `starttls` or `implicit`.
    var encryption: String?
    /// `tls1` to `tls13`.
    var newestVersion: String?
    var logins: [String: String]?
    var requiresEncryption: Bool?
    var requiresLogin: Bool?
    var allowsLoginInClear: Bool?

    func configuration() throws -> MailboxConfiguration {
        var configuration = MailboxConfiguration()
        configuration.smtpPort = port ?? 0
        configuration.mailLimit = 10
        configuration.log = .init(path: log, tokenPrefix: "token-")
        if let extensions { configuration.extensions = extensions }
        configuration.encryption = try tls()
        configuration.logins = logins ?? [:]
        configuration.requiresEncryption = requiresEncryption ?? false
        configuration.requiresLogin = requiresLogin ?? false
        configuration.allowsLoginInClear = allowsLoginInClear ?? false
        return configuration
    }

    private func tls() throws -> MailboxConfiguration.Encryption {
        guard let encryption, encryption != "off" else { return .off }
        guard let certificate, let key else { throw Complaint("encryption needs certificate and key") }
        let versions: [String: TLSIdentity.Version] = [
            "tls1": .tls1, "tls11": .tls11, "tls12": .tls12, "tls13": .tls13,
        ]
        guard let newest = versions[newestVersion ?? "tls13"] else { throw Complaint("newestVersion is none") }
        let identity = TLSIdentity(certificateChainFile: certificate, keyFile: key, newestVersion: newest)
        switch encryption {
        case "starttls": return .startTLS(identity)
        case "implicit": return .implicit(identity)
        default: throw Complaint("encryption is off, starttls or implicit")
        }
    }
}

struct Command: Decodable {
    let command: String
    var faults: [Fault]?
}

/// A rule as JSON: `{"stage": "dot", "recipient": "*", "first": 3, "reply": "450 4.2.0 Later"}`.
struct Fault: Decodable {
    let stage: String
    /// For the stage `content`.
    var after: Int?
    var recipient: String?

    // Which occasions; all where none is given.
    var nth: Int?
    var first: Int?
    var every: Int?
    var firstForEachRecipient: Int?
    var probability: Double?
    var seed: UInt64?

    // What happens; one of them.
    var reply: String?
    var delayMilliseconds: Int?
    var dripMilliseconds: Int?
    /// Base64.
    var raw: String?
    /// Base64.
    var flood: String?
    /// `hold`, `close`, `reset`, `halfClose`, `silence` or `stripSTARTTLS`.
    var action: String?

    func rule(gate: Gate) throws -> FaultRule {
        FaultRule(try ruleStage(), recipient: recipient, occurrence, try ruleAction(gate))
    }

    private func ruleStage() throws -> FaultRule.Stage {
        let stages: [String: FaultRule.Stage] = [
            "greeting": .greeting, "hello": .hello, "startTLS": .startTLS, "login": .login, "mail": .mail,
            "rcpt": .rcpt, "data": .data, "content": .content(afterBytes: after ?? 0), "dot": .dot,
            "accepted": .accepted, "reset": .reset, "quit": .quit,
        ]
        guard let found = stages[stage] else { throw Complaint("no stage “\(stage)”") }
        return found
    }

    private var occurrence: FaultRule.Occurrence {
        if let nth { return .nth(nth) }
        if let first { return .first(first) }
        if let every { return .every(every) }
        if let firstForEachRecipient { return .firstForEachRecipient(firstForEachRecipient) }
        if let probability { return .probability(probability, seed: seed ?? 1) }
        return .always
    }

    private func ruleAction(_ gate: Gate) throws -> FaultRule.Action {
        if let reply { return try Self.reply(reply) }
        if let delayMilliseconds { return .delay(.milliseconds(delayMilliseconds)) }
        if let dripMilliseconds { return .drip(every: .milliseconds(dripMilliseconds)) }
        if let raw { return .raw(try Self.octets(raw)) }
        if let flood { return .flood(try Self.octets(flood)) }
        let actions: [String: FaultRule.Action] = [
            "hold": .hold(gate), "close": .close, "reset": .reset, "halfClose": .halfClose, "silence": .silence,
            "stripSTARTTLS": .stripSTARTTLS,
        ]
        guard let action, let found = actions[action] else { throw Complaint("no action “\(action ?? "")”") }
        return found
    }

    private static func octets(_ base64: String) throws -> [UInt8] {
        guard let octets = Data(base64Encoded: base64) else { throw Complaint("raw and flood are base64") }
        return Array(octets)
    }

    /// Of a text such as `550 5.7.1 Not today`.
    private static func reply(_ text: String) throws -> FaultRule.Action {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let code = Int(words[0]) else { throw Complaint("a reply is “CODE X.Y.Z TEXT”") }
        return .reply(code, String(words[1]), String(words[2]))
    }
}

/// What stands between the commands and the mailbox.
actor Control {
    struct Answer: Encodable {
        var mails: Int?
        var sessions: Int?
        var openSessions: Int?
        var violations: [String]?
        /// How often each rule took effect, in their order.
        var hits: [Int]?
    }

    private let mailbox: DevMailbox
    private var gate = Gate()

    init(mailbox: DevMailbox) { self.mailbox = mailbox }

    func perform(_ command: Command) async throws -> Answer {
        switch command.command {
        case "faults":
            let gate = gate
            mailbox.faults.set(try (command.faults ?? []).map { try $0.rule(gate: gate) })
        case "release":
            gate.release()
            gate = Gate()
        case "suspend": await mailbox.suspend()
        case "resume": try await mailbox.resume()
        case "state":
            let state = mailbox.state
            return Answer(
                mails: state.mailCount, sessions: state.sessionCount, openSessions: state.openSessions.count,
                violations: state.violations.prefix(20).map { "\($0)" }, hits: mailbox.faults.hits)
        default: throw Complaint("no command “\(command.command)”")
        }
        return Answer()
    }
}
