/// When a relay is left alone, and for how long (docs/operations.md, "Outcomes and reasons").
package struct RelayPolicy: Sendable {
    /// Faults in a row that open the breaker.
    package var faultsToOpen = 5
    /// The same while another relay is open: waiting for more would keep mails from one that takes them.
    package var faultsToReplace = 2
    /// The first pause; each failed probe doubles it, up to `longestPause`.
    package var shortestPause: Duration = .seconds(15)
    package var longestPause: Duration = .seconds(120)
    /// The longest that a probe may take of a relay which was left alone for saying nothing.
    package var longestProbe: Duration = .seconds(3)
    /// Permanent refusals in a row that pause the relay.
    package var refusalsInARow = 10
    /// Permanent refusals among the last `refusalWindow` results that pause the relay.
    package var refusalsInWindow = 25
    package var refusalWindow = 50
    /// Either way, only when they went to so many recipients: one dead mailbox says nothing about a relay.
    package var recipientsRefused = 5
    /// How many of the last results tell whether the relay accepts mail at all.
    package var recordLength = 10
    /// Connections to the relay: so many mails at most that it took before it began to refuse come back after its first
    /// refusal.
    package var connections = 10
    /// A probe without a result is given up after the longest that one transaction may take (RFC 5321 §4.5.3.2).
    package var probeTimeout: Duration = .seconds(1_800)

    /// Among so many results `refusalsInARow` refusals say that it is the relay which refuses, though what it took before
    /// comes back between them.
    var doubtWindow: Int { refusalsInARow + connections }

    package static let standard = RelayPolicy()
}
