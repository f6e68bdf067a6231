import Foundation
import PostgresClient
import TestSupport

@testable import NotifyCore

/// A registered worker that uses the queue by hand, over a connection and on a thread of its own.
struct QueueClient {
    let connection: PostgresConnection
    let queue: EventQueue
    let workerID: Int64

    init(_ connection: PostgresConnection, lease: Duration = .seconds(60)) throws {
        self.connection = connection
        queue = EventQueue(connection: connection)
        workerID = try queue.register(name: "test", lease: lease).workerID
    }

    /// Takes up to `count` events of each bucket, from its beginning.
    func claim(_ count: Int, from buckets: [UUID] = [noOrganization]) throws -> [EventQueue.Claim] {
        let start = ClaimPlanner.Position(transaction: 0, id: 0)
        return try queue.claim(
            buckets.map { ClaimPlanner.Share(bucket: $0, start: start, count: count) }, workerID: workerID)
    }

    /// Enqueues a ticket for Ada and claims it.
    func claimTicket(_ arguments: String = "") throws -> ClaimedEvent {
        try connection.execute(enqueueTicket(ada, arguments))
        guard let claim = try claim(1).first else { throw NothingClaimed() }
        return claim.event
    }

    /// Lets the worker's lease run out.
    func die() throws {
        try connection.execute(
            "update notify.workers set expires_at = clock_timestamp() - interval '1 second' where id = \(workerID)")
    }

    func state(of event: ClaimedEvent) throws -> String? {
        try connection.value("select state from notify.events where id = \(event.id)")
    }

    struct NothingClaimed: Error {}
}

let noOrganization = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
/// The same as the text constant `acme`.
let acmeBucket = UUID(uuid: (0x10, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x0a))

/// Runs `body` as a worker on a database of its own.
func withQueue(
    lease: Duration = .seconds(60), _ body: @escaping @Sendable (QueueClient, TestDatabase) throws -> Void
) async throws {
    try await withTestDatabase(.directory) { database in
        try await database.withConnection(options: .queue(role: "test")) { connection in
            try body(QueueClient(connection, lease: lease), database)
        }
    }
}

extension TestDatabase {
    /// A second session, for as long as `body` runs on the same thread.
    func withSession<Result>(_ body: (PostgresConnection) throws -> Result) throws -> Result {
        let connection = try PostgresConnection(conninfo)
        defer { connection.close() }
        return try body(connection)
    }
}

/// Ready tickets for Ada without organisation, faster than `notify.enqueue` puts them in.
func insertTickets(_ count: Int, buckets: Int = 1) -> String {
    """
    with inserted as (
        insert into notify.events (kind, bucket, user_id, state, due_at, expires_at)
        select 'assigned_ticket', lpad((n % \(buckets))::text, 32, '0')::uuid, '\(ada)', 'ready', now(), now() + interval '1 day'
          from generate_series(0, \(count) - 1) n
        returning id
    )
    insert into notify.event_payloads (event_id, payload) select id, '\(ticket)' from inserted
    """
}

/// The buckets of ``insertTickets(_:buckets:)``.
func ticketBuckets(_ count: Int) -> [UUID] {
    (0..<count)
        .compactMap {
            UUID(uuidString: "00000000-0000-0000-0000-\(String(repeating: "0", count: 12 - String($0).count))\($0)")
        }
}
