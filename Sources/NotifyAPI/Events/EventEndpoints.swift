import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NotifyCore
import PostgresClient

/// Events over HTTP: enqueue, cancel, and what became of one.
struct EventEndpoints {
    let intake: EventIntake

    var all: [Endpoint] {
        [
            Endpoint(.post, "/v1/events", .service(.events), respond: enqueue),
            Endpoint(.post, "/v1/events/cancel", .service(.events), respond: cancel),
            Endpoint(.get, "/v1/events/{event_id}", .service(.events), respond: show),
        ]
    }

    private func enqueue(_ call: APICall) async throws -> Response {
        let body = try await call.jsonBytes()
        let events = try SubmittedEvents(body, traceparent: call.request.headers[.traceparent])
        let taken: EventIntake.Taken
        do {
            taken = try await intake.enqueue(events.array, idempotency: try idempotency(of: call, body))
        } catch let error as PostgresError {
            throw events.problem(for: error) ?? error
        }
        var response = Response.json(taken.isReplay ? .ok : .created) { json in
            if events.isBatch {
                json.name("event_ids")
                json.array(taken.eventIDs) { $0.raw(String($1)) }
            } else {
                json.member("event_id", taken.eventIDs.first)
            }
        }
        if taken.isReplay { response.headers[.idempotentReplayed] = "true" }
        return response
    }

    private func idempotency(of call: APICall, _ body: [UInt8]) throws(Problem) -> EventIntake.Idempotency? {
        let keys = call.request.headers[values: .idempotencyKey]
        guard let key = keys.first else { return nil }
        let isSound = (1...255).contains(key.utf8.count) && key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        guard keys.count == 1, isSound else {
            throw Problem(
                status: .badRequest, code: .invalidValue,
                detail: "Idempotency-Key is not one text of 1 to 255 ASCII characters", field: "Idempotency-Key")
        }
        return EventIntake.Idempotency(
            apiKeyID: call.apiKeyID, key: key, requestHash: Array(SHA256.hash(data: body)))
    }

    private func cancel(_ call: APICall) async throws -> Response {
        var body = try ObjectReader(try await call.json())
        let key = try body.requiredString("dedupe_key")
        let userID = try body.uuid("user_id")
        try body.finish()
        let isCancelled = try await intake.cancel(dedupeKey: key, userID: userID)
        return .json(.ok) { $0.member("cancelled", isCancelled) }
    }

    private func show(_ call: APICall) async throws -> Response {
        guard let history = try await intake.history(of: try call.pathID("event_id")) else {
            throw Problem.notFound("No event has this id, or it ended too long ago.")
        }
        return .json(.ok) { $0.event(history) }
    }
}
