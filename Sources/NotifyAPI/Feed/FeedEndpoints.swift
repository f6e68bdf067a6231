import Foundation
import Hummingbird
import NotifyCore

/// A user's in-app feed.
struct FeedEndpoints {
    let store: FeedStore

    var all: [Endpoint] {
        [
            Endpoint(.get, "/v1/me/notifications", .user, parameters: Query.paging.union(["unread"]), respond: list),
            Endpoint(.get, "/v1/me/notifications/unread-count", .user, respond: countUnread),
            Endpoint(.post, "/v1/me/notifications/read", .user, respond: markAllRead),
            Endpoint(.post, "/v1/me/notifications/{event_id}/read", .user, respond: markRead),
        ]
    }

    private func list(_ call: APICall) async throws -> Response {
        let limit = try call.query.integer("limit", in: 1...100, default: 20)
        let items = try await store.items(
            of: call.userID, after: try call.query.cursor().map { try Self.position($0, in: "cursor") },
            onlyUnread: try call.query.bool("unread") ?? false, limit: limit + 1)
        let page = items.prefix(limit)
        return .json(.ok) { json in
            json.name("notifications")
            json.array(page) { $0.notification($1) }
            json.member("next_cursor", items.count > limit ? page.last.map { Self.cursor($0.position) } : nil)
        }
    }

    private func countUnread(_ call: APICall) async throws -> Response {
        let count = try await store.unreadCount(of: call.userID)
        return .json(.ok) { $0.member("unread", count) }
    }

    /// All, or those up to the entry whose cursor is in `up_to`: what came later was not seen.
    private func markAllRead(_ call: APICall) async throws -> Response {
        var position: FeedPosition?
        if let json = try await call.optionalJSON() {
            var body = try ObjectReader(json)
            if let text = try body.string("up_to") {
                guard let octets = Base64Text.decode(text) else { throw Query.badCursor("up_to") }
                let parts = String(decoding: octets, as: UTF8.self).split(separator: ":")
                position = try Self.position(parts, in: "up_to")
            }
            try body.finish()
        }
        let marked = try await store.markAllRead(of: call.userID, upTo: position)
        return .json(.ok) { $0.member("marked", marked) }
    }

    private func markRead(_ call: APICall) async throws -> Response {
        let eventID = try call.pathID("event_id")
        guard let readAt = try await store.markRead(eventID, of: call.userID) else {
            throw Problem.notFound("Your feed has no entry with this id.")
        }
        return .json(.ok) { json in
            json.member("event_id", eventID)
            json.member("read_at", readAt)
        }
    }

    private static func position(_ parts: [Substring], in name: String) throws(Problem) -> FeedPosition {
        guard parts.count == 2, let microseconds = Int64(parts[0]), let eventID = Int64(parts[1]),
            pageTimes.contains(microseconds)
        else { throw Query.badCursor(name) }
        return FeedPosition(visibleAt: Moment(microseconds: microseconds), eventID: eventID)
    }

    /// From PostgreSQL's first moment, in 4714 BC, to the end of the year 9999: an event's `send_at` may be long past, but
    /// not far ahead. A cursor that someone made up may hold what PostgreSQL has no time for.
    private static let pageTimes: ClosedRange<Int64> = -210_866_803_200_000_000...253_402_300_799_999_999

    fileprivate static func cursor(_ position: FeedPosition) -> String {
        Query.cursorText("\(position.visibleAt.microseconds)", "\(position.eventID)")
    }
}

extension JSONWriter {
    fileprivate mutating func notification(_ item: FeedItem) {
        object { json in
            json.member("event_id", item.eventID)
            json.member("kind", item.kind)
            json.member("organization_id", item.organizationID?.lowercaseText)
            json.member("actor_id", item.actorID?.lowercaseText)
            json.name("payload")
            json.raw(item.payload)
            json.member("visible_at", item.visibleAt)
            json.member("read_at", item.readAt)
            json.member("cursor", FeedEndpoints.cursor(item.position))
        }
    }
}
