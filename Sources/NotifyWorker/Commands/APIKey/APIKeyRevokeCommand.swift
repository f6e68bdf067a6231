import ArgumentParser
import NotifyCore

struct APIKeyRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a key back: refused from now on, with every session it opened.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The key's id, as `api-key list` shows it.")
    var id: Int64

    func run() throws {
        let register = APIKeyRegister(try shared.load().settings.database.connect(for: "api-key revoke"))
        guard try register.revoke(id) else {
            throw CommandFailure(
                "no key in use has the id \(id)", mend: "See the keys with `notify-worker api-key list`.")
        }
        Output.print("Key \(id) is revoked.")
    }
}
