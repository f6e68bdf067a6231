/// The settings as people and programs read them: present value, where it came from, secrets masked.
struct SettingsListing: Encodable {
    let settings: [Entry]

    struct Entry: Encodable {
        let group: String
        let name: String
        let value: String?
        let source: String
        let standard: String?
        let summary: String
        let secret: Bool
        let problem: String?

        enum CodingKeys: String, CodingKey {
            case group, name, value, source, summary, secret, problem
            case standard = "default"
        }
    }

    init(_ values: SettingValues) {
        settings = Settings.groups.flatMap { group in
            group.declarations.map { Entry($0, group: group.title, values: values) }
        }
    }
}

extension SettingsListing.Entry {
    fileprivate init(_ setting: any SettingDeclaration, group: String, values: SettingValues) {
        var given: GivenSetting?
        var problem: String?
        do {
            given = try values.given(setting)
            if let given { try setting.check(given.text) }
        } catch let error as SettingsError {
            problem = error.problems.map(\.message).joined(separator: " ")
        } catch let error as InvalidValue {
            problem = error.message
        } catch {
            problem = "cannot be read"
        }
        self.init(
            group: group, name: setting.name, value: Self.shown(given, of: setting),
            source: (given?.origin ?? .standard).description, standard: setting.standard.text,
            summary: setting.summary, secret: setting.secrecy != .plain, problem: problem)
    }

    private static func shown(_ given: GivenSetting?, of setting: any SettingDeclaration) -> String? {
        guard let given else {
            guard case .value(let text) = setting.standard else { return nil }
            return text
        }
        return SecretMask.shown(given.text, secrecy: setting.secrecy) ?? SecretMask.mask
    }
}

extension SettingStandard {
    /// For people: the value, or in words where it comes from.
    var text: String? {
        switch self {
        case .none: nil
        case .value(let text): text
        case .derived(let source): source
        }
    }
}

extension SettingsListing {
    /// For a terminal: two lines a setting, by group.
    var text: String {
        var lines: [String] = []
        var group = ""
        for entry in settings {
            if entry.group != group {
                lines.append((lines.isEmpty ? "" : "\n") + entry.group.uppercased())
                group = entry.group
            }
            let value = entry.value ?? entry.standard.map { "(\($0))" } ?? "(not set)"
            let origin = entry.source == SettingOrigin.standard.description ? "" : "   # from \(entry.source)"
            lines.append("  \(entry.name)=\(value)\(origin)")
            lines.append("      \(entry.summary)\(entry.standardNote)")
            if let problem = entry.problem { lines.append("      ✗ \(problem)") }
        }
        return lines.joined(separator: "\n")
    }
}

extension SettingsListing.Entry {
    /// The default, where another value hides it; and that a secret can come from a file.
    fileprivate var standardNote: String {
        var notes: [String] = []
        if let standard, source != SettingOrigin.standard.description { notes.append("default: \(standard)") }
        if secret { notes.append("or \(name)_FILE") }
        return notes.isEmpty ? "" : " (" + notes.joined(separator: "; ") + ")"
    }
}
