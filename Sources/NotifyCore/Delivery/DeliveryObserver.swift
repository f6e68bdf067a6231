/// Told what became of events, for metrics and tests. Called on the worker's threads; must not block.
package protocol DeliveryObserver: Sendable {
    /// These settlements are in the database now.
    func settled(_ events: [SettledEvent])
}

package struct SettledEvent: Sendable {
    package let eventID: Int64
    /// Nil where the event went back to the queue.
    package let outcome: Outcome?
}
