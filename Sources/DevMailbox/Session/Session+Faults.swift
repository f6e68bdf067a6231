extension Session {
    /// Applies what does not depend on the command: waiting, dripping, and ends of the connection.
    ///
    /// Replies to earlier commands of the group are sent first: a real server that hangs or dies at one command has
    /// answered those before it.
    /// - Returns: whether the connection is done for; otherwise the normal course follows.
    func disturb(_ fault: FaultRule.Action, at stage: FaultRule.Stage) async throws -> Bool {
        try await flush()
        note("\(stage): \(fault.name)")
        switch fault {
        case .delay(let duration): try await Task.sleep(for: duration)
        case .hold(let gate): try await gate.wait()
        case .drip(let pace): isDripping = pace
        case .close:
            await connection.cut()
            end()
            return true
        case .reset:
            await connection.reset()
            end()
            return true
        case .halfClose:
            try await connection.halfClose()
            try await swallow()
            return true
        case .silence:
            try await swallow()
            return true
        case .flood(let octets):
            end()
            // Ends with the connection: a write to a client that is gone throws.
            while true { try await connection.write(octets) }
        case .reply, .raw, .stripSTARTTLS:
            break
        }
        return false
    }

    /// Reads until the client gives up.
    private func swallow() async throws {
        end()
        while try await connection.read() != nil {}
    }
}

extension FaultRule.Action {
    /// For the transcript: tests wait for it.
    var name: String {
        switch self {
        case .reply(let code, _, _): "reply \(code)"
        case .delay(let duration): "delay \(duration)"
        case .hold: "hold"
        case .close: "close"
        case .reset: "reset"
        case .halfClose: "half-close"
        case .silence: "silence"
        case .drip: "drip"
        case .raw: "raw"
        case .flood: "flood"
        case .stripSTARTTLS: "strip STARTTLS"
        }
    }
}
