import Testing

@testable import NotifyAPI

@Suite("The server", .timeLimit(.minutes(5)))
struct ServerTests {
    @Test("It listens on a free port, answers over a socket and ends gracefully when its group does")
    func server() async throws {
        try await withServer { port, _ in
            let answer = try await exchange("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: port)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix(#"{"status":"alive"}"#))
        }
    }
}
