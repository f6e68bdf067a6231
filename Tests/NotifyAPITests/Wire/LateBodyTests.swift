import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("A body that comes later than its header")
struct LateBodyTests {
    @Test("does not outlive the key that it was announced with")
    func revoked() async throws {
        try await withServer { port, api in
            let key = try await api.key([.events])
            let socket = try APISocket(port: port)
            socket.write(
                """
                POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key.token)\r\n\
                Content-Type: application/json\r\nContent-Length: \(event().utf8.count)\r\n\
                Expect: 100-continue\r\nConnection: close\r\n\r\n
                """)
            let first = socket.read(until: "\r\n\r\n")
            #expect(first == "HTTP/1.1 100 Continue\r\n\r\n")
            // It has been looked at once, and was good.
            try await api.database.withConnection { connection in
                try connection.wait(until: "select count(*) = 1 from notify.api_keys where last_used_at is not null")
            }
            try await api.revoke(key)
            // Longer than a check counts.
            let isSilent = socket.isSilent(milliseconds: 150)
            #expect(isSilent)
            socket.write(event())
            let answer = socket.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
            #expect(answer.contains(#""code":"revoked_token""#))
            #expect(try await api.database.value("select count(*) from notify.notifications") == "0")
        }
    }

    @Test("is refused in another coding than its own")
    func coded() async throws {
        try await withServer { port, api in
            let token = try await api.key([.events]).token
            let answer = try await exchange(
                """
                POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Encoding: gzip\r\n\
                Content-Type: application/json\r\nContent-Length: \(event().utf8.count)\r\nConnection: close\r\n\r\n\
                \(event())
                """, port: port)
            #expect(answer.hasPrefix("HTTP/1.1 415 "))
        }
    }
}
