/// A page for people who are not signed in: `web/<raw value>.html.mustache`.
package enum WebPage: String, Sendable, CaseIterable {
    /// The switch is on; a button turns it off.
    case unsubscribe
    /// The switch is off; a button turns it on again, for a while.
    case unsubscribed
    /// It was turned on again.
    case undone
    /// It stays off: the time for that is over, or somebody has set it meanwhile.
    case tooLate = "too_late"
    /// The link's user is not there any more.
    case gone
    /// No link of ours.
    case unknownLink = "unknown_link"
    /// Where the settings are.
    case preferences
    /// The database cannot be asked.
    case unavailable

    /// What templates of pages may name.
    enum Variable: String {
        case organizationName = "organization_name"
        case switchName = "switch_name"
        case appURL = "app_url"
        case mayUndo = "may_undo"
    }

    /// What its own templates may name. Any of them may have no value, so each needs a section.
    var variables: [Variable] {
        switch self {
        case .unsubscribe, .undone, .tooLate: [.organizationName, .switchName, .appURL]
        case .unsubscribed: [.organizationName, .switchName, .appURL, .mayUndo]
        case .gone, .unavailable: []
        case .unknownLink, .preferences: [.appURL]
        }
    }

    var variableNames: [String] { variables.map(\.rawValue) }
}

/// What one page says.
package struct WebPageRequest: Sendable {
    package var page: WebPage
    /// Those that the reader understands, best first.
    package var locales: [String]
    /// The kind of mail whose switch it is about.
    package var kind: String?
    package var organizationName: String?
    /// Where the product is; nil where nobody knows.
    package var appURL: String?
    package var mayUndo: Bool

    package init(
        page: WebPage, locales: [String] = [], kind: String? = nil, organizationName: String? = nil,
        appURL: String? = nil, mayUndo: Bool = false
    ) {
        self.page = page
        self.locales = locales
        self.kind = kind
        self.organizationName = organizationName
        self.appURL = appURL
        self.mayUndo = mayUndo
    }
}

package struct RenderedWebPage: Sendable, Hashable {
    package let html: String
    /// The locale whose words were used, which is not always one of those asked for.
    package let locale: String
}
