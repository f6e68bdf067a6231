import Foundation

/// Reads a secret from the file that `X_FILE` names, as container platforms and systemd credentials hand them over.
enum SecretFile {
    /// A key ring of many keys stays far below this.
    static let maximumBytes = 65_536

    /// The file's text without its final line break.
    static func read(_ path: String, for setting: any SettingDeclaration) throws(SettingsError) -> String {
        func problem(_ message: String, _ mend: String) -> SettingsError {
            SettingsError([.init(name: setting.name + "_FILE", message: message, mend: mend)])
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw problem(
                "names \(path), which cannot be read.", "Check the path and that this process may read the file.")
        }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: maximumBytes + 1), data.count <= maximumBytes else {
            throw problem("names \(path), which is empty, a directory or over 64 KiB.", "Put only the secret in it.")
        }
        guard var text = String(bytes: data, encoding: .utf8) else {
            throw problem("names \(path), which is not UTF-8 text.", "Put only the secret in it, as text.")
        }
        // Swift takes CR LF as one character, so this drops either kind of line end.
        if text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else { throw problem("names \(path), which is empty.", "Put the secret in it.") }
        return text
    }
}
