/// What a relay showed when it was tried: for people.
package struct RelayReport: Sendable, Hashable {
    package let relay: String
    /// Version and cipher as the TLS library names them, where it does; nil on an unencrypted connection.
    package let tls: String?
    package let isEncrypted: Bool
    package let extensions: SMTPExtensions
    /// Nil when no login is set.
    package let loginAccepted: Bool?
}

/// Opens one session with a relay, says QUIT and tells what it saw.
package enum RelayProbe {
    /// Blocks for at most the connect and greeting timeouts; sends no mail.
    package static func check(_ configuration: RelayConfiguration) -> Result<RelayReport, ConnectionFault> {
        guard let never = WakeUp() else {
            return .failure(ConnectionFault(kind: .connect, phase: .connect, message: "no descriptor left"))
        }
        return ConnectAttempt(configuration: configuration, cancel: never).runWithReport()
            .map { connection, dialogue in
                let farewell: StaticString = "QUIT\r\n"
                // Best effort: the relay has shown all that is asked of it.
                _ = connection.send(
                    UnsafeRawBufferPointer(start: farewell.utf8Start, count: farewell.utf8CodeUnitCount))
                return RelayReport(
                    relay: configuration.name,
                    tls: connection.isEncrypted ? dialogue.cipher : nil,
                    isEncrypted: connection.isEncrypted,
                    extensions: connection.extensions,
                    loginAccepted: configuration.credentials == nil ? nil : dialogue.isLoggedIn
                )
            }
    }
}
