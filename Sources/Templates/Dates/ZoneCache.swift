import Foundation
import Synchronization

/// Time zones by name. Making one costs tens of microseconds; the world has about 600.
final class ZoneCache: Sendable {
    /// Names come from user profiles, so nonsense must not fill memory: past this many the cache starts afresh.
    static let limit = 1_024

    struct Zone: Sendable {
        /// As shown: spaces for underscores.
        let name: String
        let rules: TimeZone
    }

    private let zones = Mutex<[String: Zone]>([:])

    /// The zone of that IANA name; UTC for one that is not known.
    func zone(named identifier: String) -> Zone {
        if let known = zones.withLock({ $0[identifier] }) { return known }
        let made = Self.makeZone(identifier)
        zones.withLock {
            if $0.count >= Self.limit { $0.removeAll() }
            $0[identifier] = made
        }
        return made
    }

    private static let aliasesOfUTC: Set<String> = [
        "UTC", "Etc/UTC", "Etc/GMT", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "GMT", "UCT", "Universal", "Zulu",
    ]

    private static func makeZone(_ identifier: String) -> Zone {
        guard identifier.utf8.count <= 64, !aliasesOfUTC.contains(identifier),
            let rules = TimeZone(identifier: identifier)
        else { return Zone(name: "UTC", rules: .gmt) }
        return Zone(name: String(identifier.map { $0 == "_" ? " " : $0 }), rules: rules)
    }
}
