/// A name that templates may use, and where its value comes from.
struct Variable: Sendable {
    enum Companion: Sendable { case line, cut }

    let name: String
    let form: ValueForm
    let companion: Companion?
    private let origin: Origin

    private enum Origin: Sendable {
        case payload(String)
        case common(@Sendable (RenderRequest) -> String)
    }

    /// What every kind has beside its payload. Where a payload has the same name, this one is meant.
    private static let common: [String: @Sendable (RenderRequest) -> String] = [
        "recipient_name": { $0.recipientName },
        "organization_name": { $0.organizationName ?? "" },
        "preferences_url": { $0.preferencesURL },
        "unsubscribe_url": { $0.unsubscribeURL ?? "" },
        "app_url": { $0.appURL },
        "banner": { $0.banner ?? "" },
    ]

    static var commonNames: [String] { common.keys.sorted() }

    init(_ name: String) {
        let base = ValueForm.base(of: name)
        self.name = base
        form = ValueForm(ofVariable: base)
        companion = base == name ? nil : name.hasSuffix(ValueForm.cutSuffix) ? .cut : .line
        origin = Self.common[name].map(Origin.common) ?? .payload(base)
    }

    func value(_ request: RenderRequest) -> String {
        switch origin {
        case .payload(let key): request.payload[key] ?? ""
        case .common(let read): read(request)
        }
    }
}
