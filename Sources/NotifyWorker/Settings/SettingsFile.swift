import Configuration
import Foundation

/// The optional settings file (`--config FILE`): one JSON object whose keys are the names of the settings.
struct SettingsFile: Sendable {
    let path: String
    let names: [String]
    let snapshot: JSONSnapshot

    init(path: String) throws(SettingsError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw Self.problem(path, "cannot be read.", "Check the path and that this process may read the file.")
        }
        // swift-configuration's errors quote values, and a value may be a secret: only the place is told.
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw Self.problem(
                path, "is not a JSON object.", "Write it like {\"NOTIFY_HTTP_PORT\": 8080}; check it with: jq . \(path)"
            )
        }
        // swift-configuration would take {"A": {"B": 1}} as the name A.B, and nobody would miss A.
        if let name = object.keys.sorted().first(where: { object[$0] is [String: Any] }) {
            throw Self.problem(path, "holds an object under \(LogText.escaped(name)).", "Write its value as text.")
        }
        do {
            self.snapshot = try JSONSnapshot(
                data: data.bytes, providerName: "settings file", parsingOptions: .init(secretsSpecifier: .all))
        } catch {
            throw Self.problem(
                path, "holds a value that is neither text, a number nor a list.",
                "Write every value as text, a number or a list of texts; leave out what is not set.")
        }
        self.path = path
        self.names = object.keys.sorted()
    }

    private static func problem(_ path: String, _ message: String, _ mend: String) -> SettingsError {
        SettingsError([.init(name: "settings file \(path)", message: message, mend: mend)])
    }
}
