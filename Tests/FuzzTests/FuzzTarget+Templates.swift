import Foundation
import NotifyCore
import Synchronization
import Templates

extension FuzzTarget {
    /// One file of a catalogue of one kind: the first octet says which. What loads can be rendered.
    static let templates = FuzzTarget(
        name: "templates",
        words: [
            "{{", "}}", "{{{", "{{#", "{{/", "{{^", "{{>", "{{<", "{{$", "{{!", "subject", "url", "ticket_id", "due_at",
            "\n", "\"", ":", "{", "}", "\0", "é", "\u{202E}",
        ],
        seeds: {
            try SmallCatalogue.files.enumerated()
                .map { index, file in
                    [UInt8(index)] + Array(try Data(contentsOf: SmallCatalogue.source.appending(path: file)))
                }
        },
        read: { octets in
            guard let first = octets.first else { return }
            try SmallCatalogue.shared.withLock { catalogue in
                try catalogue.read(file: Int(first) % SmallCatalogue.files.count, octets: octets.dropFirst())
            }
        })
}

/// A folder of templates with one kind in one language, of which one file at a time is spoilt.
private struct SmallCatalogue: ~Copyable {
    static let shared = Mutex(SmallCatalogue())
    static let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../templates/email")
    static let files = [
        "layout.txt.mustache", "layout.html.mustache", "strings/en.json", "assigned_ticket/sample.json",
        "assigned_ticket/en/subject.txt.mustache", "assigned_ticket/en/body.txt.mustache",
        "assigned_ticket/en/body.html.mustache",
    ]

    private let folder = FileManager.default.temporaryDirectory.appending(path: "fuzz-templates-\(getpid())")
    private var isMade = false

    deinit { try? FileManager.default.removeItem(at: folder) }

    mutating func read(file index: Int, octets: some Collection<UInt8>) throws {
        if !isMade {
            for file in Self.files { try restore(file) }
            isMade = true
        }
        let file = Self.files[index]
        try Data(octets).write(to: target(of: file))
        defer { try? restore(file) }
        let catalogue: TemplateCatalogue
        do throws(CatalogueError) {
            catalogue = try TemplateCatalogue.load(
                directory: folder.path, contracts: KindContract.events.filter { $0.kind == "assigned_ticket" })
        } catch {
            return try FuzzFault.unless(!error.problems.isEmpty, "refused without a problem")
        }
        guard let sample = catalogue.sample(of: "assigned_ticket") else { throw FuzzFault("no sample") }
        for payload in [sample, sample.mapValues { "\($0)<b>\u{202E}" }] {
            let request = RenderRequest(
                kind: "assigned_ticket", payload: payload, recipientName: "Jane",
                preferencesURL: "https://example.com/p")
            guard let mail = try? catalogue.render(request) else { continue }
            try FuzzFault.unless(!mail.subject.contains { $0.isNewline }, "a subject of several lines")
        }
    }

    private func target(of file: String) -> URL { folder.appending(path: "email/\(file)") }

    private func restore(_ file: String) throws {
        try FileManager.default.createDirectory(
            at: target(of: file).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(contentsOf: Self.source.appending(path: file)).write(to: target(of: file))
    }
}
