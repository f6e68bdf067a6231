/// All that one mail says: what happened, to whom, and the links at its foot.
package struct RenderRequest: Sendable {
    package var kind: String
    /// A BCP 47 tag as the user's profile has it; `_` counts as `-`, case does not matter.
    package var locale: String
    /// An IANA zone name; one that is not known counts as UTC.
    package var timeZone: String
    package var payload: [String: String]
    package var recipientName: String
    /// Nil for an event that belongs to no organisation.
    package var organizationName: String?
    package var preferencesURL: String
    /// The page behind `List-Unsubscribe`; nil for account mails.
    package var unsubscribeURL: String?
    package var appURL: String
    /// Stands above everything else, such as "This is a test".
    package var banner: String?

    package init(
        kind: String, locale: String = "en", timeZone: String = "UTC", payload: [String: String],
        recipientName: String = "", organizationName: String? = nil, preferencesURL: String,
        unsubscribeURL: String? = nil, appURL: String = "", banner: String? = nil
    ) {
        self.kind = kind
        self.locale = locale
        self.timeZone = timeZone
        self.payload = payload
        self.recipientName = recipientName
        self.organizationName = organizationName
        self.preferencesURL = preferencesURL
        self.unsubscribeURL = unsubscribeURL
        self.appURL = appURL
        self.banner = banner
    }
}
