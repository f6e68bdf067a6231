package import Hummingbird
import NIOCore
import NotifyCore
import Synchronization

/// What travels with a request through the API.
package struct APIRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The address of the other end of the connection, which may be a proxy's; nil where it has none.
    let peer: SocketAddress?
    /// Ours, or the caller's own where it sent a sound one; in every answer and log line.
    var requestID = ""
    /// Who it turned out to be, for the log line.
    let caller = CallerNote()

    package init(source: Source) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress
    }
}

/// Written down by the route, read by the middleware around it.
final class CallerNote: Sendable {
    private let note = Mutex<Caller?>(nil)

    var value: Caller? {
        get { note.withLock { $0 } }
        set { note.withLock { $0 = newValue } }
    }
}
