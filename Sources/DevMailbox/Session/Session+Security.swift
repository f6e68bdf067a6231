import Foundation

extension Session {
    /// STARTTLS (RFC 3207). Octets that came with the command, in clear, are dropped, never taken for encrypted ones.
    func startTLS(_ octets: [UInt8]) async throws {
        guard let tls else { return try await answer(Reply(454, "4.7.0", "TLS not available")) }
        let pending = output + octets
        output = []
        if !input.isEmpty {
            violation(.pipelinedPastGroupEnd, "\(input.count) octets injected behind STARTTLS")
            input.removeAll()
        }
        record.note(.server, String(decoding: octets.prefix(200), as: UTF8.self), session: id)
        try await connection.startTLS(tls, after: pending)
        dialogue.didEncrypt()
    }

    /// AUTH PLAIN (RFC 4616) and the LOGIN that old clients speak.
    func login(_ mechanism: String, _ initial: String?) async throws {
        let credentials: (user: String, password: String)?
        if mechanism == "PLAIN" {
            guard let response = try await response(initial, challenge: "") else { return }
            credentials = plainCredentials(response)
        } else {
            guard let user = try await response(initial, challenge: "Username:") else { return }
            guard let password = try await response(nil, challenge: "Password:") else { return }
            credentials = (String(decoding: user, as: UTF8.self), String(decoding: password, as: UTF8.self))
        }
        guard let credentials, configuration.logins[credentials.user] == credentials.password else {
            return try await answer(Reply(535, "5.7.8", "Authentication credentials invalid"))
        }
        dialogue.login = credentials.user
        try await answer(Reply(235, "2.7.0", "Authentication successful"))
    }

    /// The client's next SASL response, decoded; nil when it gave up or sent none, which is answered here.
    private func response(_ initial: String?, challenge: String) async throws -> [UInt8]? {
        var encoded = initial
        if encoded == nil {
            try await answer(Reply(334, nil, Data(challenge.utf8).base64EncodedString()))
            guard let line = try await nextLine() else { return nil }
            record.note(.client, "***", session: id)
            encoded = String(decoding: line.octets, as: UTF8.self)
        }
        if encoded == "*" {
            try await answer(Reply(501, "5.7.0", "Authentication cancelled"))
            return nil
        }
        // "=" alone stands for an empty initial response (RFC 4954 §4).
        guard let data = encoded == "=" ? Data() : Data(base64Encoded: encoded ?? "") else {
            violation(.badSyntax, "a login response that is not base64")
            try await answer(Reply(501, "5.5.2", "Cannot decode response"))
            return nil
        }
        return [UInt8](data)
    }

    /// `[authzid] NUL authcid NUL password`.
    private func plainCredentials(_ response: [UInt8]) -> (user: String, password: String)? {
        let parts = response.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        return (String(decoding: parts[1], as: UTF8.self), String(decoding: parts[2], as: UTF8.self))
    }
}
