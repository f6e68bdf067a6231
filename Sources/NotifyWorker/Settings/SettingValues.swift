import Configuration
import Foundation

/// The texts of the settings as they were given: environment first, then the settings file, then the standard.
struct SettingValues: Sendable {
    /// A source and what it is called for people.
    private struct Layer {
        let origin: SettingOrigin
        let snapshot: any ConfigSnapshot
    }

    private let layers: [Layer]
    /// Every name that was given, with where: for finding the unknown ones.
    let givenNames: [(name: String, origin: SettingOrigin)]

    init(environment: [String: String], file: SettingsFile? = nil) {
        let variables = EnvironmentVariablesProvider(environmentVariables: environment)
        var layers = [Layer(origin: .environment, snapshot: variables.snapshot())]
        var names = environment.keys.sorted().map { (name: $0, origin: SettingOrigin.environment) }
        if let file {
            layers.append(Layer(origin: .file(file.path), snapshot: file.snapshot))
            names += file.names.map { ($0, .file(file.path)) }
        }
        self.layers = layers
        self.givenNames = names
    }

    /// The setting as it was given, or nil. An empty text counts as not given.
    ///
    /// - Throws: `SettingsError` for both `X` and `X_FILE` in one place, an unreadable secret file, and a value in the
    ///   settings file that is neither text, number nor list.
    func given(_ setting: any SettingDeclaration) throws(SettingsError) -> GivenSetting? {
        for layer in layers {
            let direct = try text(setting.name, in: layer)
            let path = try setting.fileName.flatMap { name throws(SettingsError) in try text(name, in: layer) }
            switch (direct, path) {
            case (nil, nil): continue
            case (let text?, nil): return GivenSetting(text: text, origin: layer.origin)
            case (nil, let path?):
                let text = try SecretFile.read(path, for: setting)
                return GivenSetting(text: text, origin: .secretFile(path))
            case (_?, _?):
                throw SettingsError([
                    .init(
                        name: setting.name, message: "is set, and so is \(setting.name)_FILE.",
                        mend: "Remove one of the two.")
                ])
            }
        }
        return nil
    }

    /// The setting's value, or its standard's; nil where there is neither.
    func value<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value? {
        if let given = try given(setting) { return try parse(given.text, as: setting) }
        guard case .value(let standard) = setting.standard else { return nil }
        return try parse(standard, as: setting)
    }

    private func parse<Value>(_ text: String, as setting: Setting<Value>) throws(SettingsError) -> Value {
        do {
            return try setting.parse(text)
        } catch {
            throw SettingsError([.init(invalid: setting, text: text, because: error)])
        }
    }

    private func text(_ name: String, in layer: Layer) throws(SettingsError) -> String? {
        let key = AbsoluteConfigKey([name])
        for type in [ConfigType.string, .int, .double, .stringArray] {
            guard let found = try? layer.snapshot.value(forKey: key, type: type) else { continue }
            switch found.value?.content {
            case .string(let text): return text.isEmpty ? nil : text
            case .int(let number): return String(number)
            case .double(let number): return String(number)
            case .stringArray(let texts): return texts.joined(separator: ",")
            default: return nil
            }
        }
        throw SettingsError([
            .init(
                name: name, message: "is neither text, a number nor a list of texts in the settings file.",
                mend: "Write it as \"\(name)\": \"…\".")
        ])
    }
}

/// Where a value came from.
enum SettingOrigin: Sendable, Hashable, CustomStringConvertible {
    case environment
    case file(String)
    case secretFile(String)
    case standard

    var description: String {
        switch self {
        case .environment: "environment"
        case .file(let path): "settings file \(path)"
        case .secretFile(let path): "secret file \(path)"
        case .standard: "default"
        }
    }
}

struct GivenSetting: Sendable {
    let text: String
    let origin: SettingOrigin
}

extension SettingsError.Problem {
    init(invalid setting: any SettingDeclaration, text: String, because error: InvalidValue) {
        let shown = SecretMask.shown(text, secrecy: setting.secrecy).map { "\"\($0)\" " } ?? ""
        self.init(
            name: setting.name, message: "is wrong: \(shown)\(error.message).",
            mend: "Example: \(setting.name)=\(setting.example)")
    }
}
