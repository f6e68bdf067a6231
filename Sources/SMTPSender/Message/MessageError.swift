/// Why a mail cannot be composed. All of them are faults of the program or its settings, never of people's text,
/// which is cleaned instead. The associated text is the field's name.
package enum MessageError: Error, Sendable, Hashable, CustomStringConvertible {
    case invalidMessageID
    case invalidReference
    /// Before 1900 or after 9999, which RFC 5322 §3.3 cannot write.
    case invalidDate
    case invalidHeaderName(String)
    case invalidHeaderValue(String)
    case reservedHeader(String)
    /// A word that cannot be folded is longer than a line may be (998 octets, RFC 5322 §2.1.1).
    case headerTooLong(String)
    /// A part is over `MailMessage.longestPart` octets.
    case bodyTooLong

    package var description: String {
        switch self {
        case .invalidMessageID: "the Message-ID is not of the form left@right"
        case .invalidReference: "a reference is not a Message-ID of the form left@right"
        case .invalidDate: "the date is outside the years 1900 to 9999"
        case .invalidHeaderName(let name): "\(name.debugDescription) is not a header field name"
        case .invalidHeaderValue(let name): "the value of \(name) has a control character"
        case .reservedHeader(let name): "\(name) is written by the composer and cannot be added"
        case .headerTooLong(let name): "\(name) has a word that is too long for a line"
        case .bodyTooLong: "the text or HTML part is over \(MailMessage.longestPart) octets"
        }
    }
}
