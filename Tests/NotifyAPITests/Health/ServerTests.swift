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

    @Test("A host that has no address ends it with the name and the reason")
    func unknownHost() async throws {
        try await withAPI(APIConfiguration(host: "no host", port: 8_080)) { api in
            let application = buildApplication(
                api.configuration, services: api.services, readiness: { [] }, logger: .silent)
            let failure = await #expect(throws: ListenFailure.self) {
                try await APIService(application, configuration: api.configuration, pool: api.pool).run()
            }
            #expect(failure?.address == "no host:8080")
            #expect(failure?.reason.isEmpty == false)
        }
    }
}
