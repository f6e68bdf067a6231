/// Where one session stands between its commands, and what each command is answered. Pure.
struct Dialogue {
    /// What a command leads to.
    enum Step {
        case reply(Reply)
        /// Reply, then the handshake.
        case startTLS(Reply)
        case login(mechanism: String, initial: String?)
        case readContent(Reply)
        case end(Reply)
    }

    let configuration: MailboxConfiguration
    var isEncrypted: Bool
    var login: String?
    /// Set by the rule that strips STARTTLS from this session's offer.
    var hidesSTARTTLS = false
    private(set) var isGreeted = false
    private(set) var sender: String?
    private(set) var parameters: [String] = []
    private(set) var recipients: [String] = []
    /// What clients did wrong, collected by the session after each command.
    private(set) var violations: [(Violation.Kind, String)] = []

    init(configuration: MailboxConfiguration, isEncrypted: Bool) {
        self.configuration = configuration
        self.isEncrypted = isEncrypted
    }

    mutating func step(_ command: SMTPCommand) -> Step {
        switch command {
        case .ehlo(let name): return .reply(hello(name, isExtended: true))
        case .helo(let name): return .reply(hello(name, isExtended: false))
        case .startTLS: return startTLS()
        case .auth(let mechanism, let initial): return auth(mechanism, initial)
        case .mail(let sender, let parameters): return .reply(mail(sender, parameters))
        case .rcpt(let recipient, let parameters): return .reply(rcpt(recipient, parameters))
        case .data: return data()
        case .reset:
            endTransaction()
            return .reply(.okay)
        case .noop: return .reply(.okay)
        case .verify: return .reply(Reply(252, "2.1.5", "Send some mail, I'll try my best"))
        case .quit: return .end(Reply(221, "2.0.0", "Bye"))
        case .unknown:
            violations.append((.badSyntax, "unknown command"))
            return .reply(Reply(502, "5.5.1", "Command not recognized"))
        case .malformed(let problem):
            violations.append((.badSyntax, problem))
            return .reply(Reply(501, "5.5.4", problem))
        }
    }

    mutating func takeViolations() -> [(Violation.Kind, String)] {
        defer { violations = [] }
        return violations
    }

    mutating func endTransaction() {
        sender = nil
        parameters = []
        recipients = []
    }

    /// RFC 3207 §4.2: what was learnt in clear is forgotten.
    mutating func didEncrypt() {
        endTransaction()
        isEncrypted = true
        isGreeted = false
    }

    private var offersSTARTTLS: Bool {
        if case .startTLS = configuration.encryption { !isEncrypted && !hidesSTARTTLS } else { false }
    }

    private var offersLogin: Bool {
        !configuration.logins.isEmpty && (isEncrypted || configuration.allowsLoginInClear)
    }

    private mutating func hello(_ name: String, isExtended: Bool) -> Reply {
        endTransaction()
        isGreeted = true
        let greeting = "\(configuration.name) greets \(name)"
        guard isExtended else { return Reply(250, nil, greeting) }
        var lines = [greeting] + configuration.extensions
        if offersSTARTTLS { lines.append("STARTTLS") }
        if offersLogin { lines.append("AUTH PLAIN LOGIN") }
        return Reply(250, nil, lines: lines)
    }

    private mutating func startTLS() -> Step {
        guard offersSTARTTLS else {
            violations.append((.badSequence, "STARTTLS was not offered"))
            return .reply(.badSequence)
        }
        return .startTLS(Reply(220, "2.0.0", "Ready to start TLS"))
    }

    private mutating func auth(_ mechanism: String, _ initial: String?) -> Step {
        if !isEncrypted && !configuration.allowsLoginInClear {
            violations.append((.loginInClear, "AUTH \(mechanism)"))
            return .reply(Reply(538, "5.7.11", "Encryption required for login"))
        }
        guard offersLogin, isGreeted, login == nil, sender == nil else { return .reply(outOfOrder("AUTH")) }
        guard ["PLAIN", "LOGIN"].contains(mechanism) else {
            return .reply(Reply(504, "5.5.4", "Mechanism not offered"))
        }
        return .login(mechanism: mechanism, initial: initial)
    }

    private mutating func mail(_ address: String, _ given: [String]) -> Reply {
        guard isGreeted, sender == nil else { return outOfOrder("MAIL") }
        if configuration.requiresEncryption, !isEncrypted {
            return Reply(530, "5.7.0", "Must issue a STARTTLS command first")
        }
        if configuration.requiresLogin, login == nil { return Reply(530, "5.7.0", "Authentication required") }
        if let problem = parameterProblem(given, address: address) { return problem }
        sender = address
        parameters = given
        return Reply(250, "2.1.0", "Sender OK")
    }

    private mutating func parameterProblem(_ given: [String], address: String) -> Reply? {
        for parameter in given.map({ $0.uppercased() }) {
            let keyword = String(parameter.prefix { $0 != "=" })
            let needed = ["SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8"][keyword]
            let isAuth = keyword == "AUTH" && offersLogin
            guard isAuth || needed.map(configuration.offers) == true else {
                violations.append((.parameterUninvited, parameter))
                return Reply(555, "5.5.4", "Parameter not recognized")
            }
            if keyword == "SIZE", let size = Int(parameter.dropFirst(5)), size > configuration.sizeLimit {
                return Reply(552, "5.3.4", "Message too big")
            }
        }
        return eightBitProblem(address, announced: given.contains { $0.uppercased() == "SMTPUTF8" })
    }

    private mutating func eightBitProblem(_ address: String, announced: Bool) -> Reply? {
        guard !announced, !address.utf8.allSatisfy({ $0 < 128 }) else { return nil }
        violations.append((.eightBitUninvited, "an address without SMTPUTF8"))
        return Reply(553, "5.6.7", "Address needs SMTPUTF8")
    }

    private mutating func rcpt(_ address: String, _ given: [String]) -> Reply {
        guard sender != nil else { return outOfOrder("RCPT") }
        guard given.isEmpty else {
            violations.append((.parameterUninvited, given.joined(separator: " ")))
            return Reply(555, "5.5.4", "Parameter not recognized")
        }
        let announced = parameters.contains { $0.uppercased() == "SMTPUTF8" }
        if let problem = eightBitProblem(address, announced: announced) { return problem }
        guard recipients.count < 1000 else { return Reply(452, "4.5.3", "Too many recipients") }
        recipients.append(address)
        return Reply(250, "2.1.5", "Recipient OK")
    }

    /// A DATA after refused recipients is no fault of a pipelining client; one without MAIL is, unless MAIL was
    /// refused in the same group. That cannot be told apart here, so neither is reported.
    private mutating func data() -> Step {
        guard isGreeted else { return .reply(outOfOrder("DATA")) }
        if recipients.isEmpty && !(configuration.answersDataWithoutRecipients && sender != nil) {
            return .reply(sender == nil ? .badSequence : .noRecipients)
        }
        return .readContent(.goAhead)
    }

    private mutating func outOfOrder(_ command: String) -> Reply {
        // In a pipelined group RCPT follows a MAIL that may just have been refused (RFC 2920 §3.1).
        if command != "RCPT" { violations.append((.badSequence, command)) }
        return .badSequence
    }
}
