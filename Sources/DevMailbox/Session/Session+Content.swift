import Foundation

extension Session {
    /// Reads content up to its dot, captures the mail and answers.
    func readContent() async throws {
        let hadRecipients = !dialogue.recipients.isEmpty
        if !input.isEmpty { violation(.pipelinedPastGroupEnd, "content before the reply to DATA") }
        var reader = ContentReader(limit: configuration.sizeLimit)
        guard try await collect(into: &reader) else { return }
        if !input.isEmpty, !configuration.offers("PIPELINING") {
            violation(.pipelinedUninvited, "\(input.count) octets behind the final dot")
            if configuration.endsUninvitedPipelining { return end() }
        }
        defer { dialogue.endTransaction() }
        var oddAnswer: [UInt8]?
        switch script.action(at: .dot, recipients: dialogue.recipients) {
        case nil: break
        case .reply(let code, let enhanced, let text):
            note("dot: scripted reply \(code)")
            if code == 421 { end() }
            return try await answer(Reply(code, enhanced, text))
        case .raw(let octets):
            note("dot: raw octets in place of the reply")
            oddAnswer = octets
        case .some(let fault):
            if try await disturb(fault, at: .dot) { return }
        }
        try await settle(reader, hadRecipients: hadRecipients, oddAnswer: oddAnswer)
    }

    /// Captures the mail, or refuses it, and answers.
    private func settle(_ reader: ContentReader, hadRecipients: Bool, oddAnswer: [UInt8]?) async throws {
        guard hadRecipients else {
            if !reader.content.isEmpty { violation(.contentWithoutRecipients, "\(reader.content.count) octets") }
            return try await answer(.noRecipients)
        }
        if let refusal = refusal(of: reader) { return try await answer(refusal) }
        try capture(reader.content)
        if let oddAnswer {
            output += oddAnswer
            return
        }
        try await answer(Reply(250, "2.0.0", "OK: captured"), at: .accepted)
    }

    /// - Returns: false when the session ended before the dot.
    private func collect(into reader: inout ContentReader) async throws -> Bool {
        var fault = script.contentFault(recipients: dialogue.recipients)
        var octetsRead = 0
        try await flush()
        while true {
            if let due = fault, octetsRead + input.count >= due.afterBytes {
                fault = nil
                if try await disturbContent(due.action, due.afterBytes) { return false }
            }
            while !reader.isComplete, let line = input.nextContentLine() {
                octetsRead += line.count
                reader.take(line)
            }
            if reader.isComplete { return true }
            guard input.count < 1 << 20 else {
                violation(.lineTooLong, "a line of content over 1 MiB")
                try await answer(Reply(500, "5.5.2", "Line too long"))
                end()
                return false
            }
            guard try await readMore() else {
                note("ended in content")
                end()
                return false
            }
        }
    }

    private func disturbContent(_ action: FaultRule.Action, _ afterBytes: Int) async throws -> Bool {
        switch action {
        case .reply(let code, let enhanced, let text):
            note("content(afterBytes: \(afterBytes)): scripted reply \(code)")
            try await answer(Reply(code, enhanced, text))
            try await flush()
            end()
            return true
        case .raw(let octets):
            output += octets
            try await flush()
            return false
        default:
            return try await disturb(action, at: .content(afterBytes: afterBytes))
        }
    }

    private func refusal(of reader: ContentReader) -> Reply? {
        for problem in reader.problems.sorted(by: { $0.rawValue < $1.rawValue }) { violation(problem, "in content") }
        let isEightBitAllowed = configuration.offers("8BITMIME")
        if reader.hasEightBit && !isEightBitAllowed { violation(.eightBitUninvited, "in content") }
        if reader.isTooLarge { return Reply(552, "5.3.4", "Message too big") }
        let smuggling: Set<Violation.Kind> = [.bareLineFeed, .bareCarriageReturn, .nul]
        guard reader.problems.isDisjoint(with: smuggling) else {
            return Reply(550, "5.6.0", "Bare line end or NUL in content")
        }
        return nil
    }

    private func capture(_ content: [UInt8]) throws {
        try record.capture { id in
            CapturedMail(
                id: id,
                session: self.id,
                capturedAt: Date(),
                sender: dialogue.sender ?? "",
                recipients: dialogue.recipients,
                parameters: dialogue.parameters,
                content: content,
                isEncrypted: dialogue.isEncrypted,
                login: dialogue.login
            )
        }
    }
}
