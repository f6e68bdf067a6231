import Foundation
import Testing

@testable import Templates

@Suite("Mistakes in templates")
struct CatalogueProblemTests {
    static let mistakes: [Mistake] = [
        Mistake(name: "none", files: [:], expected: []),
        Mistake(
            name: "an unknown variable",
            files: ["hello/en/body.txt.mustache": "{{title}}\n\n{{titel}}\n{{#who}}{{hwo}}{{/who}}\n"],
            expected: [
                "hello/en/body.txt.mustache:3: “titel” is no variable of hello",
                "hello/en/body.txt.mustache:4: “hwo” is no variable",
            ]),
        Mistake(
            name: "an unknown variable in the layout", files: ["layout.txt.mustache": "{{> body}}\n{{nothing}}\n"],
            expected: ["layout.txt.mustache:2: “nothing” is no variable of hello"]),
        Mistake(
            name: "an unknown variable in the words", files: ["strings/de.json": strings("hi {{nobody}}")],
            expected: ["strings/de.json:2: “nobody” is no variable of hello"]),
        Mistake(
            name: "a missing part", files: ["hello/de/body.html.mustache": nil],
            expected: ["hello/de/body.html.mustache: this file is missing"]),
        Mistake(
            name: "a missing locale of a kind", files: ["strings/fr.json": strings("salut")],
            expected: ["hello/fr: the locale “fr” is missing"]),
        Mistake(
            name: "missing words of a locale", files: ["strings/de.json": nil],
            expected: ["strings/de.json: the words of the locale “de” are missing"]),
        Mistake(
            name: "a word that one locale lacks",
            files: ["strings/de.json": strings("hi").replacingOccurrences(of: "\"more\"", with: "\"less\"")],
            expected: [
                "hello/de/body.txt.mustache:2: “more” is not in", "strings/de.json: “more” is missing",
                "strings/en.json: “less” is missing",
            ]),
        Mistake(
            name: "tags that do not close",
            files: [
                "hello/en/body.txt.mustache": "{{#who}}\n{{title}}\n",
                "hello/de/body.txt.mustache": "{{title}}\n\n{{title\n",
            ],
            expected: [
                "hello/de/body.txt.mustache:3: this tag has no “}}”",
                "hello/en/body.txt.mustache:1: “{{#who}}” is never closed",
            ]),
        Mistake(
            name: "sections closed in the wrong order",
            files: ["hello/en/body.txt.mustache": "{{title}}\n{{#who}}\n{{/title}}\n{{/who}}\n"],
            expected: ["hello/en/body.txt.mustache:3: “{{/title}}” closes nothing; expected “{{/who}}” for line 2"]),
        Mistake(
            name: "Mustache that mails do not use",
            files: [
                "hello/en/body.txt.mustache":
                    "{{title}}{{<a}}\n{{=| |=}}\n{{%B: c}}\n{{ti tle}}\n{{}}\n{{title}}\n{{ti\ntle}}"
            ],
            expected: [
                "hello/en/body.txt.mustache:1: mail templates do not use",
                "hello/en/body.txt.mustache:2: mail templates do not use",
                "hello/en/body.txt.mustache:3: mail templates do not use",
                "hello/en/body.txt.mustache:4: “ti tle” is not a name",
                "hello/en/body.txt.mustache:5: this tag has no name",
                "hello/en/body.txt.mustache:7: a tag must close on the line",
            ]),
        Mistake(
            name: "values that bypass escaping",
            files: ["hello/en/body.html.mustache": "<p>{{title}}\n{{{title}}}\n{{&title}}</p>"],
            expected: [
                "hello/en/body.html.mustache:2: “title” must not bypass escaping",
                "hello/en/body.html.mustache:3: “title” must not bypass",
            ]),
        Mistake(
            name: "a sample that is not JSON",
            files: ["hello/sample.json": "{\n  \"title\": \"x\",\n  \"url\" \"y\"\n}"],
            expected: ["hello/sample.json:3: this is not JSON"]),
        Mistake(
            name: "a sample with the wrong values",
            files: [
                "hello/sample.json":
                    """
                {
                "title": 7,
                "url": "nowhere",
                "due_at": "soon",
                "who": " ",
                "banner": "x"
                }
                """
            ],
            expected: [
                "hello/sample.json:2: “title” must be a string",
                "hello/sample.json:3: “url” is not an http or https address",
                "hello/sample.json:4: “due_at” is not an ISO 8601 time", "hello/sample.json:5: “who” is empty",
                "hello/sample.json:6: “banner” is given to every mail",
            ]),
        Mistake(
            name: "no sample", files: ["hello/sample.json": nil],
            expected: ["hello/sample.json: this file is missing"]),
        Mistake(
            name: "a subject of two lines", files: ["hello/de/subject.txt.mustache": "{{title}}\nand more\n"],
            expected: ["hello/de/subject.txt.mustache:2: a subject is one line"]),
        Mistake(
            name: "an empty subject", files: ["hello/de/subject.txt.mustache": "\n"],
            expected: ["hello/de/subject.txt.mustache:1: the subject is empty"]),
        Mistake(
            name: "a subject that the least payload leaves empty",
            files: ["hello/de/subject.txt.mustache": "{{#who}}{{who}}{{/who}}\n"],
            expected: ["hello/de/subject.txt.mustache: the sample has an empty subject"]),
        Mistake(
            name: "an optional value without its section",
            files: ["hello/de/body.txt.mustache": "{{title}} {{who}}\n{{banner}}\n"],
            expected: [
                "hello/de/body.txt.mustache:1: “who” may be missing",
                "hello/de/body.txt.mustache:2: “banner” may be missing",
            ]),
        Mistake(
            name: "a block that the layout lacks",
            files: ["hello/en/body.html.mustache": "{{$haed}}x{{/haed}}\n<p>{{title}}</p>"],
            expected: ["hello/en/body.html.mustache:1: the layout has no place “{{$haed}}”; it has head"]),
        Mistake(
            name: "words that hold themselves", files: ["strings/en.json": strings("a {{> words}}")],
            expected: ["strings/en.json:2: “words” includes itself"]),
        Mistake(
            name: "a body that holds itself", files: ["hello/de/body.txt.mustache": "{{title}} {{> body}}\n"],
            expected: ["hello/de/body.txt.mustache:1: “body” includes itself"]),
        Mistake(
            name: "a body that takes in more than any mail needs",
            files: [
                "hello/de/body.txt.mustache": "{{title}}\n\(String(repeating: "{{> words}}", count: 1_001))\n"
            ],
            expected: [
                "hello/de/body.txt.mustache:2: this takes in more than 1000 parts or 1048576 octets, part by part"
            ]),
        Mistake(
            name: "a bad date style",
            files: [
                "strings/en.json": strings("x").replacingOccurrences(of: "{zone}", with: "{zonk}")
                    .replacingOccurrences(of: "\"Sa\"", with: "\"Fr\", \"Sa\"")
            ],
            expected: [
                "strings/en.json:5: “date” needs 7 “weekdays”",
                "strings/en.json:7: the date pattern has an unknown “{zonk}”",
                "strings/en.json:7: the date pattern must name the “{zone}”",
            ]),
        Mistake(
            name: "words that are no words",
            files: ["strings/en.json": strings("x").replacingOccurrences(of: "\"More.\"", with: "[1]")],
            expected: ["hello/en/body.txt.mustache:2: “more” is not in", "strings/en.json:3: “more” must be a text"]),
        Mistake(
            name: "a file that is not text", files: ["layout.txt.mustache": "{{> body}}\u{1}"],
            expected: ["layout.txt.mustache:1: there is a control character (1) here"]),
    ]

    @Test("Each is reported with its file and line, and nothing else is", arguments: mistakes)
    func reported(mistake: Mistake) throws {
        let fixture = try FixtureDirectory(Self.sound.merging(mistake.files.mapValues { $0 }) { $1 })
        let found = fixture.problems()
        #expect(found.count == mistake.expected.count, "\(found)")
        for (line, beginning) in zip(found, mistake.expected) { #expect(line.hasPrefix(beginning)) }
        guard mistake.expected.isEmpty else { return }
        #expect(try TemplateCatalogue.load(directory: fixture.path, contracts: []).kinds == ["hello"])
    }

    static let breaches: [Mistake] = [
        Mistake(name: "none", files: [:], expected: []),
        Mistake(
            name: "a kind that is not there",
            files: sound.filter { $0.key.hasPrefix("hello/") }.mapValues { _ in nil }
                .merging(sound.filter { $0.key.hasPrefix("hello/") }.map { ("hullo/" + $0.key.dropFirst(6), $0.value) })
            {
                $1
            },
            expected: ["hello: the kind “hello” is missing"]),
        Mistake(
            name: "an optional value that no template asks for before it is used",
            files: [
                "hello/en/body.txt.mustache": "{{title}} for\n{{who}}\n", "hello/de/body.txt.mustache": "{{title}}\n",
            ],
            expected: ["hello/en/body.txt.mustache:2: “who” may be missing"]),
        Mistake(
            name: "a sample with what no event has",
            files: [
                "hello/sample.json": """
                {"title": "Hi", "url": "https://example.com", "who": "Kim",
                "what": "x"}
                """,
                "hello/en/body.txt.mustache": "{{title}}{{#what}}{{what}}{{/what}}",
            ],
            expected: [
                "hello/en/body.txt.mustache:1: “what” is no variable of hello",
                "hello/sample.json: “due_at” is missing; events of hello can have it",
                "hello/sample.json:2: no event of hello has “what”",
            ]),
    ]

    @Test(
        "Where it breaks with what producers may send, each place is reported, and nothing else is", arguments: breaches
    )
    func breach(mistake: Mistake) throws {
        let fixture = try FixtureDirectory(Self.sound.merging(mistake.files.mapValues { $0 }) { $1 })
        let contract = KindContract(kind: "hello", required: ["title", "url"], optional: ["who", "due_at"])
        let found = fixture.problems(contracts: [contract])
        #expect(found.count == mistake.expected.count, "\(found)")
        for (line, beginning) in zip(found, mistake.expected) { #expect(line.hasPrefix(beginning), "\(line)") }
    }

    @Test("A directory that is not there is one clear message")
    func noDirectory() {
        let problems = TestCatalogue.problems(in: "/nowhere/at/all").map(\.description)
        #expect(problems.contains("/nowhere/at/all/email: this folder is missing or cannot be read"))
    }

    /// A small catalogue without mistakes: one kind, two locales.
    private static let sound: [String: String?] = [
        "layout.txt.mustache": "{{> body}}\n{{> words}}\n",
        "layout.html.mustache":
            "<title>{{> subject}}</title>{{$head}}Hello{{/head}}\n{{> body}}<a href=\"{{url}}\">{{> words}}</a>\n",
        "strings/en.json": strings("words"), "strings/de.json": strings("Worte"),
        "hello/sample.json":
            #"{"title": "Hi", "url": "https://example.com", "who": "Kim", "due_at": "2026-01-01T00:00:00Z"}"#,
        "hello/en/subject.txt.mustache": "{{title}}", "hello/de/subject.txt.mustache": "{{title}}\n",
        "hello/en/body.txt.mustache": "{{title}}{{#who}} for {{who}}{{/who}}\n{{> more}}\n",
        "hello/de/body.txt.mustache": "{{title}}{{#who}} für {{who}}{{/who}}\n{{> more}}\n",
        "hello/en/body.html.mustache": "{{$head}}{{title}}{{/head}}<p>{{title}}</p>",
        "hello/de/body.html.mustache": "<p>{{title}}</p>",
    ]

    private static func strings(_ words: String) -> String {
        """
        {
        "words": "\(words)",
        "more": "More.",
        "date": {
        "weekdays": ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"],
        "months": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"],
        "pattern": "{day} {month} {zone}"
        }
        }
        """
    }
}

/// A templates directory made for one test, removed with it.
final class FixtureDirectory: Sendable {
    let path: String

    /// - Parameter files: Their texts by their paths below `folder`.
    init(_ files: [String: String?], below top: String = "email") throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("templates-\(UUID().uuidString)")
        path = folder.path
        for (name, text) in files {
            guard let text else { continue }
            let file = folder.appendingPathComponent("\(top)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    /// What is wrong with it, with files as `email/` has them.
    func problems(contracts: [KindContract] = []) -> [String] {
        TestCatalogue.problems(in: path, contracts: contracts)
            .map { String($0.description.dropFirst(path.count + "/email/".count)) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
