internal import CLibIDN2

/// Domain names as A-labels (RFC 5890 §2.3.2.1, UTS #46 non-transitional).
enum InternetDomain {
    /// The lower-case ASCII form of a domain.
    ///
    /// Plain ASCII is checked here; libidn2 is asked only for non-ASCII text and for labels that claim to be
    /// A-labels, which it decodes and checks.
    static func aLabels(of domain: Substring) throws(AddressError) -> String {
        guard let first = domain.utf8.first else { throw .emptyDomain }
        if first == UInt8(ascii: "[") { throw .addressLiteral }
        if !isInternationalised(domain) {
            try checkHostName(domain)
            return isLowerCase(domain) ? String(domain) : String(domain).lowercased()
        }
        let converted = try convert(String(domain))
        try checkHostName(converted[...])
        return converted
    }

    /// Whether the domain has non-ASCII text or a label that begins with `xn--`.
    private static func isInternationalised(_ domain: Substring) -> Bool {
        var position = 0
        var matched = 0
        for octet in domain.utf8 {
            if octet >= 0x80 { return true }
            if octet == UInt8(ascii: ".") {
                position = 0
                matched = 0
                continue
            }
            if matched == position, matched < 4, octet | 0x20 == aLabelPrefix[matched] { matched += 1 }
            if matched == 4 { return true }
            position += 1
        }
        return false
    }

    private static let aLabelPrefix = Array("xn--".utf8)

    private static func isLowerCase(_ domain: Substring) -> Bool {
        domain.utf8.allSatisfy { $0 < UInt8(ascii: "A") || $0 > UInt8(ascii: "Z") }
    }

    /// Letters, digits and hyphens, in labels of 1 to 63 octets that neither begin nor end with a hyphen
    /// (RFC 1123 §2.1); the last label is not a number.
    private static func checkHostName(_ domain: Substring) throws(AddressError) {
        guard domain.utf8.count <= 253 else { throw .domainTooLong }
        var labelOctets = 0
        var labelIsNumber = true
        var previous = UInt8(ascii: ".")
        for octet in domain.utf8 {
            if octet == UInt8(ascii: ".") {
                guard labelOctets > 0, previous != UInt8(ascii: "-") else { throw .invalidDomain }
                labelOctets = 0
                labelIsNumber = true
            } else {
                let isHyphen = octet == UInt8(ascii: "-")
                guard octet.isASCIILetterOrDigit || (isHyphen && labelOctets > 0) else { throw .invalidDomain }
                labelOctets += 1
                guard labelOctets <= 63 else { throw .domainTooLong }
                if octet < UInt8(ascii: "0") || octet > UInt8(ascii: "9") { labelIsNumber = false }
            }
            previous = octet
        }
        guard labelOctets > 0, previous != UInt8(ascii: "-"), !labelIsNumber else { throw .invalidDomain }
    }

    private static func convert(_ domain: String) throws(AddressError) -> String {
        var output: UnsafeMutablePointer<UInt8>?
        let flags = Int32(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
        let code = domain.withCString(encodedAs: UTF8.self) { idn2_lookup_u8($0, &output, flags) }
        guard code == IDN2_OK.rawValue, let output else {
            let isTooLong = code == IDN2_TOO_BIG_DOMAIN.rawValue || code == IDN2_TOO_BIG_LABEL.rawValue
            throw isTooLong ? .domainTooLong : .invalidDomain
        }
        defer { idn2_free(output) }
        return String(cString: output).lowercased()
    }
}
