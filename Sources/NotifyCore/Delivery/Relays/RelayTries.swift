package import SMTPSender

/// Which relays gave one mail back while one claim of its event lasts.
///
/// Each gets it once in a claim: a mail that every relay gives back waits in the queue, and no two of them can pass it
/// back and forth as fast as they answer.
package struct RelayTries: Sendable, Hashable {
    /// The relays that gave it back, by their place in the order of preference.
    package private(set) var relays: Set<Int> = []
    /// Those of them that cannot carry it, whenever they are asked.
    package private(set) var unfit: Set<Int> = []

    package init() {}

    package mutating func add(_ relay: Int, after result: SendResult) {
        relays.insert(relay)
        if case .unfit = SendMeaning(result) { unfit.insert(relay) }
    }
}
