/// What a relay may be given now.
package enum RelayPermit: Sendable, Hashable {
    case open
    /// One mail, to see whether the relay is well again.
    case probe
    /// Nothing before this instant; nil while the one probe is out.
    case closed(until: ContinuousClock.Instant?)
}

/// The right to hand one mail to one relay; comes back with the mail's result.
package struct RelayTicket: Sendable, Hashable {
    /// The relay's place in the order of preference.
    package let relay: Int
    /// Set where the mail is a probe.
    let probe: Int?
}

/// What changed with a relay, for log, metrics and readiness.
package enum RelayChange: Sendable, Hashable {
    /// Too many faults in a row.
    case opened(RelayFault, pause: Duration)
    /// It refuses too much for good. Somebody has to look: the breaker's probes go on, but what is wrong is most likely
    /// the sender address, a block list, or the directory.
    case pausedForRefusals(pause: Duration)
    /// A probe failed too.
    case stillClosed(pause: Duration)
    case recovered
}
