import Foundation

/// Text that a command reads from where its argument points.
enum InputText {
    /// 100,000 events of the largest payload would be 6 GiB: what is read at once stays below this.
    static let maximumBytes = 512 * 1_024 * 1_024

    /// The argument itself, `@FILE`, or `-` for standard input.
    static func argument(_ argument: String) throws(CommandFailure) -> String {
        if argument == "-" { return try file("-") }
        if argument.hasPrefix("@") { return try file(String(argument.dropFirst())) }
        return argument
    }

    /// A file, or `-` for standard input.
    static func file(_ path: String) throws(CommandFailure) -> String {
        let name = path == "-" ? "standard input" : path
        guard let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path) else {
            throw CommandFailure("cannot read \(name)", mend: "Check the path and its permissions.", exit: .usage)
        }
        guard let data = try? handle.read(upToCount: maximumBytes + 1) else {
            // An empty file gives no data at all; only a directory or a broken disk fails otherwise.
            throw CommandFailure("\(name) holds nothing that can be read", exit: .usage)
        }
        guard data.count <= maximumBytes else {
            throw CommandFailure("\(name) is over 512 MiB", mend: "Split it.", exit: .usage)
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw CommandFailure("\(name) is not UTF-8 text", exit: .usage)
        }
        return text
    }
}
