/// Something that a client must not do. A test of a client asserts that there is none.
package struct Violation: Sendable, Hashable {
    package enum Kind: String, Sendable {
        /// A line ended by LF alone: the way SMTP smuggling begins (RFC 5321 §2.3.8).
        case bareLineFeed
        case bareCarriageReturn
        case nul
        /// A command over 512 octets (12,288 for AUTH) or a content line over 998 (RFC 5321 §4.5.3.1, RFC 4954 §4).
        case lineTooLong
        case badSyntax
        case badSequence
        /// Commands were joined although PIPELINING was not offered.
        case pipelinedUninvited
        /// Something followed a command that must end a group: EHLO, STARTTLS, AUTH, DATA, QUIT (RFC 2920 §3.1).
        case pipelinedPastGroupEnd
        /// Content, not a lone dot, after a 354 that no recipient had earned (RFC 2920 §3.1).
        case contentWithoutRecipients
        /// An octet over 127 without 8BITMIME, or in an envelope without SMTPUTF8.
        case eightBitUninvited
        case parameterUninvited
        case loginInClear
    }

    package let kind: Kind
    package let session: Int
    package let detail: String
}
