/// One command as a client sent it (RFC 5321 §4.1, RFC 3207, RFC 4954). Pure.
enum SMTPCommand: Equatable {
    case ehlo(String)
    case helo(String)
    case startTLS
    case auth(mechanism: String, initial: String?)
    case mail(sender: String, parameters: [String])
    case rcpt(recipient: String, parameters: [String])
    case data, reset, noop, quit, verify
    case unknown
    /// A known verb with arguments that its grammar does not allow.
    case malformed(String)

    init(_ octets: ArraySlice<UInt8>) {
        guard !octets.contains(where: { $0 < 32 || $0 == 127 }),
            let line = String(validating: octets, as: UTF8.self)
        else {
            self = .malformed("control characters or invalid UTF-8")
            return
        }
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let argument = words.count > 1 ? String(words[1]) : ""
        switch words.first?.uppercased() ?? "" {
        case "EHLO": self = argument.isEmpty ? .malformed("EHLO wants a name") : .ehlo(argument)
        case "HELO": self = argument.isEmpty ? .malformed("HELO wants a name") : .helo(argument)
        case "MAIL": self = Self.path(argument, after: "FROM:", allowsNull: true, make: SMTPCommand.mail)
        case "RCPT": self = Self.path(argument, after: "TO:", allowsNull: false, make: SMTPCommand.rcpt)
        case "AUTH": self = Self.auth(argument)
        case "NOOP": self = .noop
        case "VRFY": self = .verify
        case let verb: self = Self.bare(verb, argument)
        }
    }

    /// Commands that may not be followed by another in the same group (RFC 2920 §3.1).
    var endsGroup: Bool {
        switch self {
        case .ehlo, .helo, .startTLS, .auth, .data, .quit, .noop, .verify: true
        default: false
        }
    }

    private static func bare(_ verb: String, _ argument: String) -> SMTPCommand {
        let commands: [String: SMTPCommand] = ["STARTTLS": .startTLS, "DATA": .data, "RSET": .reset, "QUIT": .quit]
        guard let command = commands[verb] else { return .unknown }
        return argument.isEmpty ? command : .malformed("\(verb) takes no argument")
    }

    private static func auth(_ argument: String) -> SMTPCommand {
        let words = argument.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(words.count), let mechanism = words.first, !mechanism.isEmpty else {
            return .malformed("AUTH wants a mechanism")
        }
        return .auth(mechanism: mechanism.uppercased(), initial: words.count > 1 ? words[1] : nil)
    }

    /// `FROM:<path> parameter…`, strictly: no space after the colon, and angle brackets.
    private static func path(
        _ argument: String,
        after prefix: String,
        allowsNull: Bool,
        make: (String, [String]) -> SMTPCommand
    ) -> SMTPCommand {
        guard argument.uppercased().hasPrefix(prefix + "<") else { return .malformed("wants \(prefix)<address>") }
        let rest = argument.dropFirst(prefix.count + 1)
        guard let close = closingBracket(of: rest) else { return .malformed("no closing angle bracket") }
        let address = String(rest[..<close])
        let tail = rest[rest.index(after: close)...]
        guard tail.isEmpty || tail.first == " " else { return .malformed("text behind the address") }
        let parameters = tail.split(separator: " ", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard !parameters.contains("") else { return .malformed("a double or trailing space") }
        guard isAddress(address) || (allowsNull && address.isEmpty) else { return .malformed("no address") }
        return make(address, parameters)
    }

    private static func closingBracket(of text: Substring) -> Substring.Index? {
        var isQuoted = false
        var isEscaped = false
        for index in text.indices {
            switch text[index] {
            case _ where isEscaped: isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case ">" where !isQuoted: return index
            default: break
            }
        }
        return nil
    }

    /// Whether it has a local part and a domain, no white space outside quotes, and fits RFC 5321 §4.5.3.1.
    private static func isAddress(_ address: String) -> Bool {
        guard let at = address.lastIndex(of: "@") else { return false }
        let local = address[..<at]
        let domain = address[address.index(after: at)...]
        let isQuoted = local.count > 2 && local.hasPrefix("\"") && local.hasSuffix("\"")
        guard !domain.isEmpty, !domain.contains(where: { " <>@,\"".contains($0) }), address.utf8.count <= 254 else {
            return false
        }
        return isQuoted || (!local.isEmpty && local.utf8.count <= 64 && !local.contains { " <>@,\"".contains($0) })
    }
}
