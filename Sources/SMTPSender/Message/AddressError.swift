/// Why a text is not an e-mail address that a mail can be sent to.
///
/// An event whose recipient has such an address ends as `failed`, `address_invalid`. The description never
/// repeats the address, so it may be logged.
package enum AddressError: Error, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case missingAtSign
    case emptyLocalPart
    case localPartTooLong
    case invalidLocalPart
    case unterminatedQuote
    case forbiddenCharacter
    case emptyDomain
    case domainTooLong
    case invalidDomain
    case addressLiteral
    case addressTooLong
    case invalidMailbox

    package var description: String {
        switch self {
        case .missingAtSign: "the address has no @"
        case .emptyLocalPart: "there is nothing before the @"
        case .localPartTooLong: "the part before the @ is longer than 64 octets"
        case .invalidLocalPart: "the part before the @ has a character or a dot that is only allowed in quotes"
        case .unterminatedQuote: "the quoted part before the @ is not closed, or has a character that it may not have"
        case .forbiddenCharacter: "the address has a control, direction or white space character"
        case .emptyDomain: "there is nothing after the @"
        case .domainTooLong: "the domain is longer than 253 octets, or one of its labels than 63"
        case .invalidDomain: "the domain is not a host name (letters, digits and hyphens in labels, IDNA 2008)"
        case .addressLiteral: "addresses at an IP number are not accepted; use a domain"
        case .addressTooLong: "the address is longer than 254 octets"
        case .invalidMailbox: "not a mailbox; write Name <user@example.com>"
        }
    }
}
