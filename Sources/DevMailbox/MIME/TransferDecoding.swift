import Foundation

/// Content-Transfer-Encoding undone (RFC 2045 §6). Lenient, as a reader must be: what is malformed stays as it is.
enum TransferEncoding {
    case identity, quotedPrintable, base64

    init(_ name: String?) {
        switch name?.trimmingCharacters(in: .whitespaces).lowercased() {
        case "quoted-printable": self = .quotedPrintable
        case "base64": self = .base64
        default: self = .identity
        }
    }

    func decode(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        switch self {
        case .identity: Array(octets)
        case .quotedPrintable: Self.decodeQuotedPrintable(octets)
        case .base64: Array(Data(base64Encoded: Data(octets), options: .ignoreUnknownCharacters) ?? Data(octets))
        }
    }

    static func decodeQuotedPrintable(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(octets.count)
        var rest = octets
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "=") else {
                decoded.append(octet)
                continue
            }
            if rest.starts(with: [.carriageReturn, .lineFeed]) {
                rest = rest.dropFirst(2)
            } else if rest.first == .lineFeed {
                rest = rest.dropFirst()
            } else if let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count > 1 {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(octet)
            }
        }
        return decoded
    }
}

/// Octets as text in a charset of RFC 2046; unknown ones are read as UTF-8, whatever is invalid replaced.
func decodedText(of octets: some Collection<UInt8>, charset: String?) -> String {
    switch charset?.lowercased() {
    case "iso-8859-1", "latin1": String(String.UnicodeScalarView(octets.map { UnicodeScalar($0) }))
    default: String(decoding: octets, as: UTF8.self)
    }
}
