package import Foundation
package import PostgresClient

/// A user's in-app feed. The e-mail switches have no say in it. Kept for 90 days, at most 1,000 entries a user.
package struct FeedStore: Sendable {
    private let pool: ConnectionPool

    package init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// Newest first, those after `position`.
    package func items(
        of userID: UUID, after position: FeedPosition?, onlyUnread: Bool, limit: Int
    ) async throws -> [FeedItem] {
        try await pool.withConnection { connection in
            let rows = try connection.run(
                FeedStatements.list,
                [
                    userID, position.map { Timestamp(microseconds: $0.visibleAt.microseconds) }, position?.eventID,
                    onlyUnread, limit,
                ])
            return try (0..<rows.count)
                .map { row in
                    FeedItem(
                        eventID: try rows.int64(row, 0), kind: try rows.string(row, 1),
                        organizationID: try rows.optionalUUID(row, 2), actorID: try rows.optionalUUID(row, 3),
                        payload: try rows.string(row, 4), visibleAt: try rows.moment(row, 5),
                        readAt: try rows.optionalMoment(row, 6))
                }
        }
    }

    package func unreadCount(of userID: UUID) async throws -> Int {
        try await pool.withConnection { connection in
            Int(try connection.run(FeedStatements.unread, [userID]).int64(0, 0))
        }
    }

    /// Keeps the time of the first reading. Nil when the user has no such entry.
    package func markRead(_ eventID: Int64, of userID: UUID) async throws -> Moment? {
        try await pool.withConnection { connection in
            let rows = try connection.run(FeedStatements.markRead, [userID, eventID])
            return rows.isEmpty ? nil : try rows.moment(0, 0)
        }
    }

    /// Marks what is unread up to and including `position`, or all; how many that were. What became visible after the
    /// user last looked stays unread when the client says up to where they looked.
    package func markAllRead(of userID: UUID, upTo position: FeedPosition?) async throws -> Int {
        try await pool.withConnection { connection in
            Int(
                try connection.run(
                    FeedStatements.markAllRead,
                    [userID, position.map { Timestamp(microseconds: $0.visibleAt.microseconds) }, position?.eventID]
                )
                .int64(0, 0))
        }
    }
}

/// The statements behind the feed. An entry shows once its time has come, unless the event was cancelled unread.
enum FeedStatements {
    static let list = Statement(
        name: "list_feed",
        sql: """
            select event_id, kind, organization_id, actor_id, payload::text, visible_at, read_at
            from notify.notifications
            where user_id = $1::uuid and visible_at <= clock_timestamp() and retracted_at is null
                and ($2::timestamptz is null or (visible_at, event_id) < ($2, $3::bigint))
                and (not $4::boolean or read_at is null)
            order by visible_at desc, event_id desc
            limit $5::bigint
            """)
    static let unread = Statement(
        name: "count_unread",
        sql: """
            select count(*) from notify.notifications
            where user_id = $1::uuid and visible_at <= clock_timestamp() and retracted_at is null and read_at is null
            """)
    static let markRead = Statement(
        name: "mark_read",
        sql: """
            update notify.notifications set read_at = coalesce(read_at, clock_timestamp())
            where event_id = $2::bigint and user_id = $1::uuid
                and visible_at <= clock_timestamp() and retracted_at is null
            returning read_at
            """)
    static let markAllRead = Statement(
        name: "mark_all_read",
        sql: """
            with unread as (
                -- One that is being cancelled is passed over: its transaction may hold others that we want.
                select event_id from notify.notifications
                where user_id = $1::uuid and visible_at <= clock_timestamp() and retracted_at is null
                    and read_at is null
                    and ($2::timestamptz is null or (visible_at, event_id) <= ($2, $3::bigint))
                for no key update skip locked
            ), marked as (
                update notify.notifications n set read_at = clock_timestamp()
                where n.event_id = any (array(select u.event_id from unread u))
                returning true
            )
            select count(*) from marked
            """)
}
