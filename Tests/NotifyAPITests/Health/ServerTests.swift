import Foundation
import Glibc
import Logging
import NotifyCore
import ServiceLifecycle
import Testing

@testable import NotifyAPI

@Suite("The server", .timeLimit(.minutes(5)))
struct ServerTests {
    @Test("It listens on a free port, answers over a socket and ends gracefully when its group does")
    func server() async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let application = buildApplication(
            .init(port: 0), readiness: { [] }, logger: logger, onServerRunning: { port.yield($0) })
        let group = ServiceGroup(services: [application], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let number = try #require(await ports.first { _ in true })
            let answer = try exchange("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: number)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix(#"{"status":"alive"}"#))
            let padding = String(repeating: "X-Padding: \(String(repeating: "x", count: 1_000))\r\n", count: 40)
            let refused = try exchange("GET /healthz HTTP/1.1\r\nHost: x\r\n\(padding)\r\n", port: number)
            #expect(!refused.hasPrefix("HTTP/1.1 200"))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Sends the bytes and reads until the server closes.
    private func exchange(_ request: String, port: Int) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        // The server may answer and close before it has read all; that is the point of a limit.
        _ = send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL))
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while case let count = recv(descriptor, &chunk, chunk.count, 0), count > 0 { answer += chunk[..<count] }
        return String(decoding: answer, as: UTF8.self)
    }
}
