import DevMailbox
import Foundation
import NotifyCore
import PostgresClient
import Threads

/// Plays the scenario as an application would, and looks at what came of it.
struct DemoPlay: Sendable {
    let world: DemoWorld
    let progress: DemoProgress

    /// Enqueues everything: the ids, in the order of the scenario.
    func enqueue() async throws -> [Int64] {
        try await Blocking.run("enqueue") { [world] in
            let connection = try PostgresConnection(world.producerURL)
            defer { connection.close() }
            let producer = EventProducer(connection)
            var ids: [Int64] = []
            for (index, event) in DemoScenario.events.enumerated() {
                guard let person = DemoScenario.person(event.to) else { continue }
                let key = "demo-\(index)"
                ids.append(
                    try producer.enqueue(
                        NewEvent(
                            kind: event.kind.rawValue, userID: person.id, payload: try json(event.payload),
                            organizationID: DemoScenario.organizationID, dedupeKey: key,
                            sendTime: event.delaySeconds > 0 ? .afterSeconds(event.delaySeconds) : .now,
                            actorID: event.actor.flatMap(DemoScenario.person)?.id)))
                if event.isCancelled { _ = try connection.run(Statement("select notify.cancel($1)"), [key]) }
            }
            return ids
        }
    }

    /// What `enqueue` says to an event without its link; nil if it took it, which it must not.
    func enqueueBadEvent() async throws -> String? {
        try await Blocking.run("enqueue") { [world] in
            let connection = try PostgresConnection(world.producerURL)
            defer { connection.close() }
            guard let anna = DemoScenario.person("anna") else { return nil }
            do {
                _ = try EventProducer(connection)
                    .enqueue(
                        NewEvent(
                            kind: EventKind.assignedTicket.rawValue, userID: anna.id,
                            payload: try json(DemoScenario.badPayload), organizationID: DemoScenario.organizationID))
                return nil
            } catch let error as PostgresError where error.sqlState?.rawValue == "NW002" && error.column == "url" {
                return "NW002, column url: \(error.message)"
            }
        }
    }

    /// Waits for the outcomes that the worker has to write; the cancelled ones have theirs already.
    func waitForOutcomes(of ids: [Int64], timeout: Duration) async throws {
        let awaited = Set(zip(DemoScenario.events, ids).filter { !$0.0.isCancelled }.map(\.1))
        let deadline = ContinuousClock.now + timeout
        try await withTaskCancellationHandler {
            try await Blocking.run("wait") { [outcomes = world.outcomes] in
                var done = 0
                while done < awaited.count, !outcomes.isCancelled, ContinuousClock.now < deadline {
                    let now = outcomes.wait(for: awaited, beyond: done, timeout: deadline - .now)
                    if now > done { Output.note("    \(now) of \(awaited.count) events have their outcome") }
                    done = now
                }
            }
        } onCancel: {
            world.outcomes.cancel()
        }
        try Task.checkCancellation()
    }

    private func json(_ payload: [String: String]) throws -> String {
        String(decoding: try JSONEncoder().encode(payload), as: UTF8.self)
    }
}
