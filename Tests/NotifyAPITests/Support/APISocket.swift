import Foundation
import Glibc
import Logging
import ServiceLifecycle
import TestSupport

@testable import NotifyAPI

/// A client that writes bytes of the test's choice to a port of this machine and reads what comes back.
struct APISocket: ~Copyable {
    private let descriptor: Int32

    /// - Parameter receiveBuffer: Octets that the kernel takes before this reads; small makes a slow reader.
    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .ECONNREFUSED)
        }
    }

    deinit {
        close(descriptor)
    }

    /// False when the server has closed.
    @discardableResult
    borrowing func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var position = 0
        while position < bytes.count {
            let count = bytes[position...]
                .withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            position += count
        }
        return true
    }

    /// No more comes from here.
    borrowing func endWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Whether nothing comes from the server for so long, not even its end.
    borrowing func isSilent(milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, milliseconds) == 0
    }

    /// Up to and with the text, or to the end of what the server sends.
    borrowing func read(until end: String) -> String {
        let end = Array(end.utf8)
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.suffix(end.count) != end[...], recv(descriptor, &byte, 1, 0) == 1 { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Until the server closes.
    borrowing func readToEnd() -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while case let count = recv(descriptor, &chunk, chunk.count, 0), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Runs `body` with the API listening on a free port; it has ended gracefully when this returns.
func withServer(
    _ configuration: APIConfiguration = APIConfiguration(), logger: Logger = .silent,
    _ body: @escaping @Sendable (_ port: Int, TestAPI) async throws -> Void
) async throws {
    try await withServerGroup(configuration, logger: logger) { port, api, _ in try await body(port, api) }
}

/// The same for a body that stops it.
func withServerGroup(
    _ configuration: APIConfiguration = APIConfiguration(), logger: Logger = .silent,
    _ body: @escaping @Sendable (_ port: Int, TestAPI, ServiceGroup) async throws -> Void
) async throws {
    var configuration = configuration
    configuration.port = 0
    try await withAPI(configuration) { api in
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let application = buildApplication(
            api.configuration, services: api.services, readiness: { [] }, logger: logger,
            onServerRunning: { port.yield($0) })
        let service = APIService(application, configuration: api.configuration, pool: api.pool)
        let group = ServiceGroup(services: [service], logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            guard let number = await ports.first(where: { _ in true }) else { throw CancellationError() }
            do {
                try await body(number, api, group)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

/// Sends the bytes to the server and reads until it closes.
func exchange(_ request: String, port: Int) async throws -> String {
    try await onThread {
        let socket = try APISocket(port: port)
        socket.write(request)
        return socket.readToEnd()
    }
}
