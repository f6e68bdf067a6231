import Foundation
import Glibc

/// TCP ports of this machine's loopback interface.
package enum LoopbackPort {
    /// A port that nothing listened on a moment ago.
    package static func free() throws -> Int {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw POSIXError(.EMFILE) }
        defer { close(socket) }
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard result else { throw POSIXError(.EADDRNOTAVAIL) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Whether something accepts connections on `port`.
    package static func isListening(_ port: Int) -> Bool {
        guard let socket = connection(to: port) else { return false }
        close(socket)
        return true
    }

    /// Waits until a server greets on `port` with 220. Foreign servers give no signal of their own, so this asks
    /// every 20 ms; `isAlive` ends the wait early when the server died.
    static func waitForGreeting(
        on port: Int,
        implicitTLS: Bool,
        within limit: Duration,
        isAlive: @Sendable () -> Bool
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline, isAlive() {
            if try await onThread({ greets(port, implicitTLS: implicitTLS) }) { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    private static func connection(to port: Int) -> Int32? {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return nil }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = loopback(port: port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(socket)
            return nil
        }
        return socket
    }

    private static func greets(_ port: Int, implicitTLS: Bool) -> Bool {
        guard let socket = connection(to: port) else { return false }
        defer { close(socket) }
        if implicitTLS { return true }
        var greeting = [UInt8](repeating: 0, count: 512)
        let count = recv(socket, &greeting, greeting.count, 0)
        _ = send(socket, "QUIT\r\n", 6, Int32(MSG_NOSIGNAL))
        // Its answer to QUIT: a client that leaves earlier is a warning in some servers' logs.
        var farewell = [UInt8](repeating: 0, count: 512)
        _ = recv(socket, &farewell, farewell.count, 0)
        return count > 3 && greeting.starts(with: Array("220".utf8))
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}
