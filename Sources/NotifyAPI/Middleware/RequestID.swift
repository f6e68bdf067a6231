import HTTPTypes
import Hummingbird
import NotifyCore

/// Names a request in answers and logs.
enum RequestID {
    /// The caller's own `X-Request-Id` where it is up to 64 letters, digits, `-`, `_` and `.`; else a random one.
    static func make(for request: Request) -> String {
        if let given = request.headers[.xRequestID], (1...64).contains(given.utf8.count),
            given.utf8.allSatisfy(isSound)
        {
            return given
        }
        return random()
    }

    static func random() -> String {
        withUnsafeBytes(of: UInt64.random(in: .min ... .max)) { HexText.encode($0) }
    }

    private static func isSound(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
