import Glibc
import Threads

/// A server that takes one connection, and its login where told so, and then never answers: what PgBouncer does whose
/// own server is away.
package final class SilentServer: Sendable {
    private let listener: Int32
    private let port: UInt16
    private let asked = StopSignal()
    private let thread: NamedThread

    package var conninfo: String { "host=127.0.0.1 port=\(port) user=u dbname=d sslmode=disable gssencmode=disable" }

    package init(takesLogin: Bool) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw Failure() }
        port = UInt16(bigEndian: address.sin_port)
        thread = try NamedThread("silent") { [listener, asked] in
            let client = accept(listener, nil, nil)
            Self.read(from: client)
            if takesLogin {
                // AuthenticationOk, BackendKeyData, ReadyForQuery (PostgreSQL manual, 55.7); the query that follows.
                let answer: [UInt8] =
                    [0x52, 0, 0, 0, 8, 0, 0, 0, 0] + [0x4B, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 2]
                    + [0x5A, 0, 0, 0, 5, 0x49]
                _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
                Self.read(from: client)
            }
            asked.request()
            // Until the test is over.
            Self.read(from: listener)
            close(client)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }

    /// Until the client waits for the answer that it will not get.
    package func waitUntilAsked() {
        _ = asked.wait(.seconds(60))
    }

    private static func read(from descriptor: Int32) {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = Glibc.poll(&poll, 1, -1)
        var bytes = [UInt8](repeating: 0, count: 4096)
        _ = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    }

    package struct Failure: Error {}
}
