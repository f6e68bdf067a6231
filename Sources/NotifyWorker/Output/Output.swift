import Foundation
import Glibc
import Synchronization

/// What a command prints on stdout: its result and nothing else.
enum Output {
    static func print(_ text: String) {
        write(Array((text + "\n").utf8), to: STDOUT_FILENO)
    }

    /// One JSON document, sorted keys, one object a line of the program's choosing.
    static func print(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        write(Array(try encoder.encode(value)) + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
    }

    /// Bytes as they are: a message keeps its line ends.
    static func write(_ bytes: [UInt8]) {
        write(bytes, to: STDOUT_FILENO)
    }

    /// A note for the person at the terminal; kept out of the result.
    static func note(_ text: String, terminator: String = "\n") {
        write(Array((text + terminator).utf8), to: STDERR_FILENO)
    }

    private static let failure = Mutex<Int32?>(nil)

    /// Why a result did not go out whole; nil where it did. The command has then failed, whatever it did.
    static var fault: String? { failure.withLock(\.self).map { String(cString: strerror($0)) } }

    /// A reader that went away (`| head`) is no error: the rest is dropped. A full disk is one.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[offset...])
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    offset += count
                } else if errno != EINTR {
                    let code = errno
                    if descriptor == STDOUT_FILENO, code != EPIPE { failure.withLock { $0 = code } }
                    return
                }
            }
        }
    }
}
