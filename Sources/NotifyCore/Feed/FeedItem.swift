package import Foundation

/// One entry of a user's in-app feed.
package struct FeedItem: Sendable {
    package let eventID: Int64
    package let kind: String
    package let organizationID: UUID?
    package let actorID: UUID?
    /// What was enqueued, as JSON text; `jsonb` keeps neither the order of its names nor its white space.
    package let payload: String
    package let visibleAt: Moment
    package let readAt: Moment?

    /// Its place in the list, for the page after it.
    package var position: FeedPosition { FeedPosition(visibleAt: visibleAt, eventID: eventID) }
}

/// A place in the feed: newest first, the event's id where two became visible at the same moment.
package struct FeedPosition: Sendable, Hashable {
    package let visibleAt: Moment
    package let eventID: Int64

    package init(visibleAt: Moment, eventID: Int64) {
        self.visibleAt = visibleAt
        self.eventID = eventID
    }
}
