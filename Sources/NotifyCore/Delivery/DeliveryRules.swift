package import Templates

/// Everything but the event itself that decides what becomes of it: settings, templates, keys. Immutable.
package struct DeliveryRules: Sendable {
    package let catalogue: TemplateCatalogue
    package let identity: MailIdentity
    package let keyRing: KeyRing
    /// Set on staging and restored copies: nobody else gets mail.
    package let allowed: AddressAllowList?
    package let schedule: RetrySchedule
    /// Kinds that are held, not sent again, when a relay may have accepted them.
    package let holdUnknown: Set<String>

    package init(
        catalogue: TemplateCatalogue, identity: MailIdentity, keyRing: KeyRing, allowed: AddressAllowList?,
        schedule: RetrySchedule, holdUnknown: Set<String>
    ) {
        self.catalogue = catalogue
        self.identity = identity
        self.keyRing = keyRing
        self.allowed = allowed
        self.schedule = schedule
        self.holdUnknown = holdUnknown
    }
}
