import TestSupport
import Testing

@Suite("Help and usage", .timeLimit(.minutes(5)))
struct HelpTests {
    @Test("--help names every command and every setting, and ends with 0", arguments: [["--help"], ["help"], []])
    func help(arguments: [String]) async throws {
        let output = try await Program.run(arguments)
        #expect(output.status == 0)
        #expect(output.standardError.isEmpty)
        for command in ["run", "migrate", "check", "enqueue", "queue", "explain", "preview", "test-send", "config"] {
            #expect(output.standardOutput.contains("\n  \(command) "), "\(command)")
        }
        #expect(output.standardOutput.contains("NOTIFY_DATABASE_URL"))
        #expect(output.standardOutput.contains("NOTIFY_LOG_FORMAT"))
    }

    @Test("Present values show in the help, secrets masked")
    func helpWithValues() async throws {
        let settings = ["NOTIFY_SMTP_URL": "smtp://bob:geheim@relay:25", "NOTIFY_SMTP_PASSWORD": "geheim"]
        let output = try await Program.run(["--help"], settings: settings)
        #expect(output.standardOutput.contains("smtp://bob:********@relay:25"))
        #expect(!output.standardOutput.contains("geheim"))
    }

    @Test(
        "A wrong command line ends with 64 and says what is wrong on stderr",
        arguments: [
            ["nonsense"], ["run", "--nonsense"], ["run", "--no-api", "--no-worker"], ["queue", "retry"],
            ["queue", "retry", "--all", "7"], ["queue", "dead", "--limit", "0"], ["queue", "dead", "--reason", "none"],
            ["preview", "assigned_ticket", "--time-zone", "Mars/Base"], ["test-send", "nobody"],
            ["preview", "assigned_ticket", "--locale", "../de"], ["preview", "assigned_ticket", "--locale", ""],
            ["test-send", "jane@example.com", "--locale", "x"],
            ["enqueue"], ["enqueue", "--kind", "assigned_ticket", "--user", "7", "--payload", "{}"],
            ["enqueue", "--many", "-", "--kind", "assigned_ticket"], ["explain"], ["explain", "seven"],
            ["enqueue", "--kind", "a", "--user", Person.jane, "--payload", "{}", "--send-at", "tomorrow"],
        ])
    func usage(arguments: [String]) async throws {
        let output = try await Program.run(arguments)
        #expect(output.status == 64)
        #expect(output.standardOutput.isEmpty)
        #expect(output.standardError.hasPrefix("Error: "), "\(output.standardError)")
    }

    @Test("Each command has help of its own", arguments: ["run", "enqueue", "queue", "preview", "check"])
    func commandHelp(command: String) async throws {
        let output = try await Program.run([command, "--help"])
        #expect(output.status == 0)
        #expect(output.standardOutput.contains("USAGE: notify-worker \(command)"))
    }

    @Test(
        "Examples fit on a terminal of 80 columns: the parser breaks no line of them",
        arguments: [
            "run", "migrate", "check", "enqueue", "queue status", "queue dead", "queue retry", "queue cancel",
            "explain",
            "preview", "test-send", "config", "demo",
        ])
    func examples(command: String) async throws {
        let output = try await Program.run(command.split(separator: " ").map(String.init) + ["--help"])
        let lines = output.standardOutput.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines.drop(while: { $0 != "Examples:" }).dropFirst().prefix(while: { !$0.isEmpty }) {
            #expect(line.hasPrefix("  ") && line.count <= 80, "\(line)")
        }
    }

    @Test("Completions are generated for each shell", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let output = try await Program.run(["--generate-completion-script", shell])
        #expect(output.status == 0)
        #expect(output.standardOutput.contains("test-send"))
        #expect(output.standardOutput.contains("assigned_conversation"))
    }
}
