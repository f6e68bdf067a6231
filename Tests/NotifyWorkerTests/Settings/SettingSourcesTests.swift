import Foundation
import NotifyAPI
import Testing

@testable import NotifyWorker

@Suite("Where settings come from")
struct SettingSourcesTests {
    @Test("The environment wins over the file, and the file over the default")
    func order() throws {
        try withTemporaryFile(#"{"NOTIFY_HTTP_PORT": 9000, "NOTIFY_HTTP_HOST": "::1"}"#) { path in
            let file = try SettingsFile(path: path)
            let values = SettingValues(environment: ["NOTIFY_HTTP_PORT": "9001"], file: file)
            let http = try Settings(values).http
            #expect(http.port == 9001)
            #expect(http.host == "::1")
            try #expect(values.given(HTTPSettings.port)?.origin == .environment)
            try #expect(values.given(HTTPSettings.host)?.origin == .file(path))
            try #expect(values.given(TimeSettings.leaseSeconds) == nil)
        }
    }

    @Test(
        "Numbers, texts and lists are taken from the file",
        arguments: [
            (#"{"NOTIFY_HTTP_PORT": 9000}"#, 9000, []),
            (
                #"{"NOTIFY_HTTP_PORT": "9000", "NOTIFY_TRUSTED_PROXIES": ["10.0.0.0/8", "::1"]}"#, 9000,
                ["10.0.0.0/8", "::1"]
            ),
            (#"{"NOTIFY_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}"#, 8080, ["10.0.0.0/8", "::1"]),
            (#"{}"#, 8080, []),
            (#"{"NOTIFY_HTTP_PORT": null}"#, 8080, []),
        ])
    func fileValues(json: String, port: Int, proxies: [String]) throws {
        try withTemporaryFile(json) { path in
            let http = try Settings(SettingValues(environment: [:], file: try SettingsFile(path: path))).http
            #expect(http.port == port)
            #expect(http.trustedProxies == proxies.compactMap { AddressRange($0) })
        }
    }

    @Test(
        "A file that is no JSON object of plain values is refused without showing what it holds",
        arguments: [
            "", "[]", "{", "geheim", #"{"NOTIFY_SMTP_PASSWORD": {"a": "geheim"}}"#,
            #"{"NOTIFY_SMTP_PASSWORD": ["geheim", 3]}"#,
        ])
    func badFile(content: String) throws {
        try withTemporaryFile(content) { path in
            let error = try #require(throws: SettingsError.self) { try SettingsFile(path: path) }
            #expect(!FailureReport(error).text.contains("geheim"))
            #expect(FailureReport(error).text.contains(path))
            #expect(FailureReport(error).exit == .configuration)
        }
    }

    @Test(
        "A secret is read from its file without the final line break",
        arguments: [("geheim", "geheim"), ("geheim\n", "geheim"), ("geheim\r\n", "geheim"), (" geheim \n", " geheim ")])
    func secretFile(content: String, secret: String) throws {
        try withTemporaryFile(content) { path in
            let values = SettingValues(environment: ["NOTIFY_SMTP_PASSWORD_FILE": path])
            try #expect(Settings(values).relay.password == secret)
            try #expect(values.given(RelaySettings.password)?.origin == .secretFile(path))
        }
    }

    @Test("A secret file that is missing, empty, too large or no text is refused under its own name")
    func badSecretFile() throws {
        func message(_ path: String) throws -> String {
            let error = try #require(throws: SettingsError.self) {
                try Settings(SettingValues(environment: ["NOTIFY_SECRET_KEYS_FILE": path]))
            }
            #expect(error.problems.map(\.name) == ["NOTIFY_SECRET_KEYS_FILE"])
            return error.problems[0].message
        }
        try #expect(message("/nonexistent/key").contains("cannot be read"))
        try #expect(message("/").contains("directory"))
        try withTemporaryFile("") { path in
            let text = try message(path)
            #expect(text.contains("empty"))
        }
        try withTemporaryFile("\n") { path in
            let text = try message(path)
            #expect(text.contains("empty"))
        }
        try withTemporaryFile(String(repeating: "x", count: 65_537)) {
            try #expect(message($0).contains("over 64 KiB"))
        }
        try withTemporaryFile(bytes: [0xff, 0xfe]) { path in
            let text = try message(path)
            #expect(text.contains("not UTF-8"))
        }
    }

    @Test(
        "A secret given both ways in one place is refused; the environment's file wins over the settings file's value")
    func bothWays() throws {
        try withTemporaryFile("aus der Datei") { path in
            let error = try #require(throws: SettingsError.self) {
                try Settings(
                    SettingValues(environment: ["NOTIFY_SMTP_PASSWORD": "x", "NOTIFY_SMTP_PASSWORD_FILE": path]))
            }
            #expect(error.problems.first?.message.contains("NOTIFY_SMTP_PASSWORD_FILE") == true)
            try withTemporaryFile(#"{"NOTIFY_SMTP_PASSWORD": "x"}"#) { config in
                let values = SettingValues(
                    environment: ["NOTIFY_SMTP_PASSWORD_FILE": path], file: try SettingsFile(path: config))
                try #expect(Settings(values).relay.password == "aus der Datei")
            }
        }
    }

    @Test("Values that are no secret cannot come from a file of their own")
    func plainHasNoFile() {
        #expect(HTTPSettings.port.fileName == nil)
        #expect(DatabaseSettings.url.fileName == "NOTIFY_DATABASE_URL_FILE")
        #expect(KeySettings.secretKeys.fileName == "NOTIFY_SECRET_KEYS_FILE")
    }

    @Test(
        "An unknown name is warned of, with the nearest known one",
        arguments: [
            ("NOTIFY_HTP_PORT", "did you mean NOTIFY_HTTP_PORT?"),
            ("NOTIFY_SMTP_ULR", "did you mean NOTIFY_SMTP_URL?"),
            ("NOTIFY_DATABASE_UR", "did you mean NOTIFY_DATABASE_URL?"),
            ("NOTIFY_DATABASE_URL_FIL", "did you mean NOTIFY_DATABASE_URL_FILE?"),
            ("NOTIFY_HTTP_PORT_FILE", "NOTIFY_HTTP_PORT is no secret: give its value directly"),
            ("NOTIFY_SOMETHING_ELSE_ALTOGETHER", "see: notify-worker config"),
        ])
    func unknownName(name: String, hint: String) {
        let warnings = UnknownSettings.problems(SettingValues(environment: [name: "geheim"])).map(\.text)
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(hint) == true, "\(warnings)")
        #expect(warnings.first?.contains("geheim") == false)
    }

    @Test("systemd's NOTIFY_SOCKET, known names and other programs' variables give no warning")
    func knownNames() {
        let environment = [
            "NOTIFY_SOCKET": "/run/s", "NOTIFY_HTTP_PORT": "1", "NOTIFY_SMTP_URL_FILE": "x", "PATH": "/",
        ]
        #expect(UnknownSettings.problems(SettingValues(environment: environment)).isEmpty)
    }

    @Test(
        "The edit distance is Levenshtein's, with a swap of neighbours as one edit",
        arguments: [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ULR", "URL", 1), ("ab", "bxa", 3)])
    func editDistance(a: String, b: String, distance: Int) {
        #expect(UnknownSettings.editDistance(a, b) == distance)
        #expect(UnknownSettings.editDistance(b, a) == distance)
    }
}

func withTemporaryFile(_ text: String, _ body: (String) throws -> Void) throws {
    try withTemporaryFile(bytes: Array(text.utf8), body)
}

func withTemporaryFile(bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "notify-worker-\(UUID().uuidString)")
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
}
