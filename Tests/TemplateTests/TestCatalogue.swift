import Foundation

@testable import Templates

/// The catalogue that ships, and requests against it.
enum TestCatalogue {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let directory = root.appendingPathComponent("templates").path

    static let kinds = [
        "assigned_conversation", "assigned_inquiry", "assigned_reminder", "assigned_ticket", "conversation_note",
    ]
    static let locales = ["de", "en", "fr", "ja"]

    static let shipped: Result<TemplateCatalogue, CatalogueError> = Result { () throws(CatalogueError) in
        try TemplateCatalogue.load(directory: directory, contracts: Contract.kinds)
    }

    /// All that is wrong with a templates directory; empty if it can be used.
    static func problems(in directory: String, contracts: [KindContract] = []) -> [TemplateProblem] {
        do {
            _ = try TemplateCatalogue.load(directory: directory, contracts: contracts)
            return []
        } catch {
            return error.problems
        }
    }

    /// A request with the kind's sample, in a zone that people of that language live in.
    static func request(_ kind: String, locale: String = "en", payload: [String: String]? = nil) throws -> RenderRequest
    {
        let zones = ["de": "Europe/Berlin", "en": "America/New_York", "fr": "Europe/Paris", "ja": "Asia/Tokyo"]
        return RenderRequest(
            kind: kind, locale: locale, timeZone: zones[locale] ?? "UTC",
            payload: try payload ?? shipped.get().sample(of: kind) ?? [:],
            recipientName: "Maya Lindqvist", organizationName: "Northwind Support",
            preferencesURL: "https://notify.example.com/preferences?a=1&b=2",
            unsubscribeURL: "https://notify.example.com/u/AbC", appURL: "https://app.example.com")
    }

    static func render(_ request: RenderRequest) throws -> RenderedMail {
        try shipped.get().render(request)
    }
}

/// Repeatable randomness (SplitMix64): a failing run is run again with the seed that it printed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Text of up to `length` scalars, made mostly of what escaping, cleaning and cutting look for.
    mutating func text(length: Int) -> String {
        let scalars: [Unicode.Scalar] = Array(
            ("ab.@:/<>&\"'\n\r\t {}#^!éß日本ال👩🏽\u{0}\u{1}\u{2}\u{7F}\u{85}\u{A0}\u{301}"
                + "\u{200D}\u{200E}\u{202E}\u{2028}\u{2066}\u{FEFF}")
                .unicodeScalars)
        var view = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...length, using: &self) {
            view.append(scalars[Int.random(in: 0..<scalars.count, using: &self)])
        }
        return String(view)
    }
}
