import Foundation
import TestSupport
import Testing

@testable import NotifyWorker

@Suite("Configuration at the command line", .timeLimit(.minutes(5)))
struct ConfigurationTests {
    @Test("config shows values with their source, and never a secret, in text and JSON", arguments: [false, true])
    func config(isJSON: Bool) async throws {
        let settings = [
            "NOTIFY_DATABASE_URL": "postgresql://u:geheim@db/app", "NOTIFY_SMTP_PASSWORD": "geheim",
            "NOTIFY_SECRET_KEYS": Data(repeating: 7, count: 16).base64EncodedString() + "geheim",
            "NOTIFY_HTTP_PORT": "x",
        ]
        let output = try await Program.run(["config"] + (isJSON ? ["--json"] : []), settings: settings)
        #expect(output.status == 78)
        for text in [output.standardOutput, output.standardError] {
            #expect(!text.contains("geheim") && !text.contains("BwcHBw"))
        }
        #expect(output.standardOutput.contains("postgresql://u:********@db/app"))
        #expect(output.standardOutput.contains("is not a whole number from 0 to 65535"))
        guard isJSON else { return }
        let listing = try #require(try output.json() as? [String: [[String: Any]]])
        let password = try #require(listing["settings"]?.first { $0["name"] as? String == "NOTIFY_SMTP_PASSWORD" })
        #expect(password["value"] as? String == SecretMask.mask)
        #expect(password["source"] as? String == "environment")
        #expect(password["secret"] as? Bool == true)
    }

    @Test("The settings file is read, and an unknown name in it is told with the nearest known one")
    func settingsFile() async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "notify-\(UUID().uuidString).json")
        try Data(#"{"NOTIFY_HTTP_PORT": 9000, "NOTIFY_HTP_HOST": "::1"}"#.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let output = try await Program.run(["config", "--config", url.path])
        #expect(output.status == 0)
        #expect(output.standardOutput.contains("NOTIFY_HTTP_PORT=9000   # from settings file \(url.path)"))
        #expect(output.standardError.contains("did you mean NOTIFY_HTTP_HOST?"))
    }

    @Test(
        "A missing or wrong setting ends any command with 78 and the name of the setting",
        arguments: [
            (["run"], [:], "NOTIFY_SECRET_KEYS"),
            (["run"], ["NOTIFY_SECRET_KEYS": "AAAA"], "NOTIFY_SECRET_KEYS"),
            (["run"], ["NOTIFY_LEASE_SECONDS": "0"], "NOTIFY_LEASE_SECONDS"),
            (["migrate"], [:], "NOTIFY_DATABASE_URL"),
            (["queue", "status"], [:], "NOTIFY_DATABASE_URL"),
            (["queue", "status"], ["NOTIFY_DATABASE_URL": "postgresql://a:b@c@d:x/e"], "stray @"),
            (["explain", "1"], ["NOTIFY_DATABASE_URL_FILE": "/nonexistent"], "NOTIFY_DATABASE_URL_FILE"),
            (["test-send", "a@example.com"], [:], "NOTIFY_SMTP_URL"),
            (["test-send", "a@example.com"], ["NOTIFY_SMTP_URL": "relay:25"], "must begin with smtp://"),
            (
                ["test-send", "a@example.com"], ["NOTIFY_SMTP_URL": "smtp://user@relay"],
                "has a user name and no password"
            ),
            (["preview", "assigned_ticket"], ["NOTIFY_TEMPLATES": "/nonexistent"], "/nonexistent"),
            (["run", "--config", "/nonexistent.json"], [:], "/nonexistent.json"),
        ] as [([String], [String: String], String)])
    func misconfigured(arguments: [String], settings: [String: String], name: String) async throws {
        let output = try await Program.run(arguments, settings: settings)
        #expect(output.status == 78)
        #expect(output.standardOutput.isEmpty)
        #expect(output.standardError.contains(name), "\(output.standardError)")
        #expect(output.standardError.contains("→"), "every message says how to mend it")
    }

    @Test("Templates that would fail the events of a kind end run and check with 78, with file and line")
    func templates() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let templates = folder.path + "/templates"
        try FileManager.default.copyItem(
            atPath: Checkout.root.appending(path: "templates").path(percentEncoded: false), toPath: templates)
        try FileManager.default.removeItem(atPath: templates + "/email/assigned_ticket")
        let body = templates + "/email/assigned_inquiry/en/body.txt.mustache"
        try Data("{{subject}}\n{{customer}}\n".utf8).write(to: URL(fileURLWithPath: body))
        let settings = Program.settings.merging([
            "NOTIFY_TEMPLATES": templates, "NOTIFY_DATABASE_URL": "postgresql://127.0.0.1:1/app",
            "NOTIFY_SMTP_URL": "smtp://127.0.0.1:1",
        ]) { $1 }
        for (command, usesOutput) in [("run", false), ("check", true)] {
            let output = try await Program.run([command], settings: settings)
            #expect(output.status == 78)
            let text = usesOutput ? output.standardOutput : output.standardError
            #expect(text.contains("assigned_ticket: the kind “assigned_ticket” is missing"), "\(text)")
            #expect(text.contains("\(body):2: “customer” may be missing"), "\(text)")
        }
    }

    @Test("A name that is no setting is told beside a wrong setting, for it may be the cause")
    func unknownBesideWrong() async throws {
        let settings = ["NOTIFY_SMTP_URLL": "x", "NOTIFY_HTTP_PORT": "999999"]
        for arguments in [["queue", "status"], ["check", "--offline"]] {
            let output = try await Program.run(arguments, settings: settings)
            #expect(output.status == 78)
            let text = output.standardOutput + output.standardError
            #expect(text.contains("NOTIFY_HTTP_PORT"), "\(text)")
            let slip = "NOTIFY_SMTP_URLL (environment) is no setting; did you mean NOTIFY_SMTP_URL?"
            #expect(text.contains(slip), "\(text)")
        }
    }

    @Test("An unreachable database is one clear message with 1, and no password in it")
    func unreachable() async throws {
        let settings = ["NOTIFY_DATABASE_URL": "postgresql://u:geheim@127.0.0.1:1/app"]
        let output = try await Program.run(["queue", "status"], settings: settings)
        #expect(output.status == 1)
        #expect(output.standardError.contains("cannot connect to PostgreSQL at 127.0.0.1, port 1"))
        #expect(!output.standardError.contains("geheim"))
    }
}
