import Foundation
import TestSupport

/// A copy of the product's templates with one more kind, an account mail.
struct TemporaryTemplates {
    let path: String

    init(addingAccountKind kind: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("templates-\(UUID().uuidString)")
        try FileManager.default.copyItem(atPath: TestWorker.templates, toPath: folder.path)
        path = folder.path
        let email = folder.appendingPathComponent("email")
        let kindFolder = email.appendingPathComponent(kind)
        try FileManager.default.createDirectory(at: kindFolder, withIntermediateDirectories: true)
        try Data(#"{"token_id": "42", "url": "https://notify.example.com"}"#.utf8)
            .write(to: kindFolder.appendingPathComponent("sample.json"))
        for locale in ["en", "de", "fr", "ja"] {
            let strings = email.appendingPathComponent("strings/\(locale).json")
            let words = try String(contentsOf: strings, encoding: .utf8)
            try Data(words.replacing("\"switch\": {", with: "\"switch\": {\"\(kind)\": \"Account\",").utf8)
                .write(to: strings)
            let parts = kindFolder.appendingPathComponent(locale)
            try FileManager.default.createDirectory(at: parts, withIntermediateDirectories: true)
            for (name, text) in [
                ("subject.txt", "Your account"), ("body.txt", "Token {{token_id}}\n"),
                ("body.html", "<p>Token {{token_id}}</p>\n"),
            ] {
                try Data(text.utf8).write(to: parts.appendingPathComponent("\(name).mustache"))
            }
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
