internal import Glibc
internal import Threads

/// What a relay showed when it was tried: for people.
package struct RelayReport: Sendable, Hashable {
    package let relay: String
    /// Version and cipher as the TLS library names them, where it does; nil on an unencrypted connection.
    package let tls: String?
    package let isEncrypted: Bool
    package let extensions: SMTPExtensions
    /// Nil when no login is set.
    package let loginAccepted: Bool?
    /// What it answered to MAIL with our sender, where it refused; nil when it took it or was not asked.
    package let senderRefusal: SMTPReply?
}

/// Opens one session with a relay, says QUIT and tells what it saw.
package enum RelayProbe {
    /// Blocks for at most the connect, greeting and MAIL timeouts; sends no mail.
    ///
    /// - Parameter sender: the envelope's sender, to ask whether the relay takes mail from it: a relay may let anybody in
    ///   and refuse MAIL to all who did not log in, which a session alone does not show. Nothing follows that MAIL.
    package static func check(
        _ configuration: RelayConfiguration, sender: String? = nil
    ) -> Result<RelayReport, ConnectionFault> {
        let never: WakeSignal
        do {
            never = try WakeSignal()
        } catch {
            return .failure(ConnectionFault(kind: .connect, phase: .connect, message: error.description))
        }
        return ConnectAttempt(configuration: configuration, cancel: never).runWithReport()
            .flatMap { connection, dialogue in
                answer(to: sender, on: connection, configuration)
                    .map { reply in
                        // Best effort: the relay has shown all that is asked of it.
                        _ = connection.send("QUIT\r\n")
                        return RelayReport(
                            relay: configuration.name,
                            tls: connection.isEncrypted ? dialogue.cipher : nil,
                            isEncrypted: connection.isEncrypted,
                            extensions: connection.extensions,
                            loginAccepted: configuration.credentials == nil ? nil : dialogue.isLoggedIn,
                            senderRefusal: reply.flatMap { $0.code >= 400 ? $0 : nil }
                        )
                    }
            }
    }

    /// The reply to MAIL; nil where there is no sender to ask about.
    private static func answer(
        to sender: String?, on connection: CurlConnection, _ configuration: RelayConfiguration
    ) -> Result<SMTPReply?, ConnectionFault> {
        guard let sender, Envelope(sender: sender, recipient: "x@x").problem == nil else { return .success(nil) }
        guard connection.send("MAIL FROM:<\(sender)>\r\n") else {
            return .failure(closed("the connection closed at MAIL", configuration))
        }
        return reply(on: connection, configuration).map(Optional.some)
    }

    private static func reply(
        on connection: CurlConnection, _ configuration: RelayConfiguration
    ) -> Result<SMTPReply, ConnectionFault> {
        let deadline = ContinuousClock.now + configuration.timeouts.mail
        var parser = ReplyParser()
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while ContinuousClock.now < deadline {
            switch buffer.withUnsafeMutableBytes({ connection.receive(into: $0) }) {
            case .bytes(let count):
                buffer.withUnsafeBytes { parser.append(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
                do throws(ReplyFault) {
                    if try parser.next() != nil { return .success(parser.reply) }
                } catch {
                    return .failure(
                        ConnectionFault(
                            kind: .badReply, phase: .mail, message: "\(configuration.name): \(error.message)"))
                }
            case .nothingYet:
                var descriptor = pollfd(fd: connection.socket, events: Int16(POLLIN), revents: 0)
                _ = poll(&descriptor, 1, min((deadline - .now).pollTimeout, 1_000))
            case .closed(let detail): return .failure(closed("closed at MAIL: \(detail)", configuration))
            }
        }
        return .failure(
            ConnectionFault(
                kind: .timeout, phase: .mail, message: "\(configuration.name) did not answer in time (mail)"))
    }

    private static func closed(_ message: String, _ configuration: RelayConfiguration) -> ConnectionFault {
        ConnectionFault(kind: .closed, phase: .mail, message: "\(configuration.name): \(message)")
    }
}

extension CurlConnection {
    /// Sends a line on a connection that has nothing else to send; false when it could not take it whole.
    fileprivate func send(_ line: String) -> Bool {
        var line = line
        return line.withUTF8 { send(UnsafeRawBufferPointer($0)) == .taken($0.count) }
    }
}
