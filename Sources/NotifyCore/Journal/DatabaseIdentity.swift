package import Foundation

/// The database that a journal is about.
package struct DatabaseIdentity: Sendable, Hashable {
    package let installationID: UUID
    /// Tells a copy, which has the same installation id, from its original; nil where the server does not say.
    package let fingerprint: Int64?

    package init(installationID: UUID, fingerprint: Int64?) {
        self.installationID = installationID
        self.fingerprint = fingerprint
    }

    /// Whether both may be the same, as far as both are known.
    func matches(_ other: DatabaseIdentity) -> Bool {
        installationID == other.installationID
            && (fingerprint == nil || other.fingerprint == nil || fingerprint == other.fingerprint)
    }
}
