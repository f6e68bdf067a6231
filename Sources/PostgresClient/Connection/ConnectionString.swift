internal import CLibPQ

/// A libpq connection string (URI or `key=value` pairs) that was taken apart once, so that what is wrong with it is said
/// without repeating it: libpq's own messages quote the string, and with it the password.
package struct ConnectionString: Sendable, CustomStringConvertible {
    let text: String
    /// What the string itself gives: libpq's environment (`PGHOST` and so on) and defaults are not in it.
    private let values: [String: String]

    package init(_ text: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else {
            throw PostgresError(.usage, "the database connection string contains a NUL byte")
        }
        var reason: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &reason) else {
            let message = PostgresError.singleLine(reason)
            PQfreemem(reason)
            throw PostgresError(.usage, "the database connection string cannot be read: \(Self.withoutQuotes(message))")
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.text = text
        self.values = values
        try check()
    }

    /// Hosts, port, user and database as far as the string says; never the password.
    package var description: String {
        let host = values["host"] ?? values["hostaddr"] ?? "the default host"
        let port = values["port"].map { ", port \($0)" } ?? ""
        let user = values["user"].map { ", user \"\($0)\"" } ?? ""
        let database = values["dbname"].map { ", database \"\($0)\"" } ?? ""
        return "\(host)\(port)\(user)\(database)"
    }

    /// A password with an unescaped `@` or `/` runs over into host, port or database, and would be shown with them.
    private func check() throws(PostgresError) {
        for keyword in ["host", "port", "dbname", "user"] where values[keyword]?.contains("@") == true {
            guard text.contains("://"), keyword != "user" else { continue }
            throw PostgresError(
                .usage,
                "the database URL has a stray @: write @ / : ? # and % in its password as %40 %2F %3A %3F %23 %25"
            )
        }
        let ports = values["port"]?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        for port in ports where !port.isEmpty && (UInt16(port) ?? 0) == 0 {
            throw PostgresError(
                .usage,
                "the port in the database connection string is not a number from 1 to 65535"
                    + " (an unescaped / or : in a URL's password, written %2F and %3A, also looks like this)"
            )
        }
    }

    /// libpq's message up to the first thing that it quotes.
    private static func withoutQuotes(_ message: String) -> String {
        let safe = message.replacing("missing \"=\"", with: "missing =")
        guard let quote = safe.firstIndex(of: "\"") else { return safe }
        return safe[..<quote] + "…"
    }
}
