/// One thing without which the worker cannot do its work: the database, a relay, the templates.
package struct ReadinessPart: Sendable, Hashable {
    /// `database`, `relay`, …: stable, for probes and alarms.
    package let name: String
    package let isReady: Bool
    /// Why it is not ready, for operators; no secret, no address. Nil while it is.
    package let reason: String?

    package init(name: String, isReady: Bool, reason: String? = nil) {
        self.name = name
        self.isReady = isReady
        self.reason = reason
    }
}
