package import SMTPSender
package import Templates

/// Why a mail cannot be made of an event that should be delivered: it ends as `failed` and waits in `queue dead`.
package struct MailFault: Error, Sendable, Hashable {
    package let reason: FailureReason
    /// What was wrong, without the address and without the payload's values.
    package let detail: String

    package init(_ error: AddressError) {
        self.init(.addressInvalid, error.description)
    }

    package init(_ error: TemplateError) {
        self.init(.templateError, error.description)
    }

    /// The composer refuses only what settings or templates put into a mail; people's text it cleans.
    package init(_ error: MessageError) {
        self.init(.templateError, error.description)
    }

    private init(_ reason: FailureReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    package var outcome: Outcome { .failed(reason) }
}
