/// A migration as the database has it.
package struct MigrationStatus: Sendable, Hashable {
    package let number: Int
    package let name: String
    /// Microseconds since 1970 by the database's clock; nil while it is pending.
    package let appliedAt: Int64?
    /// False for one that a newer program applied.
    package let isKnown: Bool
    /// Whether programs that do not know it must not run.
    package let isBreaking: Bool
}

/// What a migrating program can tell while it waits.
package enum MigrationProgress: Sendable {
    case applying(Migration)
    case applied(Migration)
    /// A lock was not to be had in time; it is tried again after a pause. Nil: another process is migrating.
    case busy(Migration?, attempt: Int)
    /// Applied by a newer program. They only add, so this one can go on.
    case newer([MigrationStatus])
}
