import Foundation
import TestSupport

/// Runs a script with Python's standard library, whose SMTP client and mail parser are not ours.
/// - Returns: what it printed, trimmed.
@discardableResult
func smtplib(_ script: String) async throws -> String {
    let imports = "import base64, smtplib, socket, ssl, sys, time\n"
    let output = try await Command.run("python3", ["-"], input: Array((imports + script).utf8))
    return output.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
}
