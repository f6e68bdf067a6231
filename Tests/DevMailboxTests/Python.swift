import DevMailbox
import Foundation
import TestSupport

/// Runs a script with Python's standard library, whose SMTP client and mail parser are not ours.
///
/// `Raw(port)` speaks octets: `send`, `reply` (one whole reply), `rest` (until the end), `chunk` (one read).
/// - Returns: what it printed, trimmed.
@discardableResult
func smtplib(_ script: String) async throws -> String {
    let prelude = """
        import base64, smtplib, socket, ssl, sys, time, urllib.request, urllib.error

        class Raw:
            def __init__(self, port, greeted=True):
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
                self.file = self.socket.makefile("rb")
                if greeted:
                    self.reply()
                    self.send(b"EHLO client.example\\r\\n")
                    self.reply()
            def send(self, octets):
                self.socket.sendall(octets)
            def reply(self):
                lines = []
                while True:
                    line = self.file.readline()
                    lines.append(line.decode().rstrip())
                    if line[3:4] != b"-":
                        return " / ".join(lines)
            def chunk(self):
                return self.socket.recv(65536)
            def rest(self):
                return self.file.read()


        """
    let output = try await Command.run("python3", ["-"], input: Array((prelude + script).utf8))
    return output.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
}

/// A configuration with some values changed.
func configured(_ change: (inout MailboxConfiguration) -> Void) -> MailboxConfiguration {
    var configuration = MailboxConfiguration()
    change(&configuration)
    return configuration
}

extension TestAuthority.Certificate {
    var identity: TLSIdentity { TLSIdentity(certificateChainFile: chainFile, keyFile: keyFile) }
}
