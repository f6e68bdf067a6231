import Foundation

/// The real binary, run as a person or a service manager would.
package enum Program {
    /// Beside the test bundle, where the same build left it.
    package static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "notify-worker").path(percentEncoded: false)

    /// Runs it to its end. Settings of the machine that runs the tests do not reach it.
    package static func run(
        _ arguments: [String], settings: [String: String] = [:], input: String = ""
    ) async throws -> Command.Output {
        let foreign = ProcessInfo.processInfo.environment.keys.filter { $0.hasPrefix("NOTIFY_") }.sorted()
        let cleared =
            foreign.flatMap { ["-u", $0] } + settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return try await Command.outcome(
            "env", cleared + [path] + arguments, input: Array(input.utf8), in: Checkout.root)
    }

    /// All that a worker needs but database and relay.
    package static let settings = [
        "NOTIFY_MAIL_FROM": "Example Support <support@example.com>", "NOTIFY_PUBLIC_URL": "https://notify.example.com",
        "NOTIFY_SECRET_KEYS": Data(0..<32).base64EncodedString(), "NOTIFY_HTTP_PORT": "0",
    ]
}

extension Command.Output {
    /// The result, decoded.
    package func json() throws -> Any {
        try JSONSerialization.jsonObject(with: Data(standardOutput.utf8))
    }
}
