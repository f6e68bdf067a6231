import Foundation
import NotifyCore
import PostgresClient
import ServiceLifecycle
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("A stop", .timeLimit(.minutes(3)))
struct StopTests {
    private static let short = APIConfiguration(stopGrace: StopGrace(.milliseconds(300)))

    /// When this returns the server takes no more connections.
    private func stop(_ group: ServiceGroup, listeningOn port: Int) async throws {
        await group.triggerGracefulShutdown()
        try await onThread { while (try? APISocket(port: port)) != nil {} }
    }

    @Test("waits until an answer on its way has been fetched, however slowly, and then ends the connection")
    func answer() async throws {
        try await withServerGroup { port, api, group in
            let socket = try APISocket(port: port, receiveBuffer: 8_192)
            socket.write(try await api.largeFeedRequest())
            let head = try await onThread { socket.read(until: "\r\n\r\n") }
            try await stop(group, listeningOn: port)
            let body = try await onThread { socket.readToEnd() }
            #expect(body.utf8.count > 6_000_000)
            #expect(head.contains("Content-Length: \(body.utf8.count)\r\n"))
        }
    }

    @Test("drops what is under way when its grace is over, be it an upload that stalls or an answer left unfetched")
    func drop() async throws {
        try await withServerGroup(Self.short) { port, api, group in
            let token = try await api.key([.events]).token
            let upload = try APISocket(port: port)
            upload.write(
                """
                POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\
                Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n
                """)
            let go = try await onThread { upload.read(until: "\r\n\r\n") }
            #expect(go.hasPrefix("HTTP/1.1 100 "))
            upload.write("{")
            let unfetched = try APISocket(port: port, receiveBuffer: 8_192)
            unfetched.write(try await api.largeFeedRequest())
            let head = try await onThread { unfetched.read(until: "\r\n\r\n") }
            #expect(head.hasPrefix("HTTP/1.1 200 "))
            let begin = ContinuousClock.now
            try await stop(group, listeningOn: port)
            let answer = try await onThread { upload.readToEnd() }
            #expect(!answer.hasPrefix("HTTP/1.1 2"))
            // A request has 30 s to come.
            #expect(ContinuousClock.now - begin < .seconds(25))
            let fetched = try await onThread { unfetched.readToEnd() }
            #expect(fetched.utf8.count < 6_000_000)
        }
    }

    @Test("does not wait for a statement that waits longer than its grace")
    func database() async throws {
        try await withServerGroup(Self.short) { port, api, group in
            let token = try await api.key([.users]).token
            let answer = try await api.database.withConnection { connection in
                try connection.execute("begin; lock table notify.organizations")
                let socket = try APISocket(port: port)
                socket.write(
                    "GET /v1/organizations/\(acme) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\r\n")
                try connection.wait(
                    until: """
                        select exists (
                            select from pg_stat_activity
                            where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()
                        )
                        """)
                Task { await group.triggerGracefulShutdown() }
                // While nobody gives the table back.
                return socket.readToEnd()
            }
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test("lasts as long as its grace from its begin; where that is used up already, a second more, and never seven")
    func grace() {
        let now = ContinuousClock.now
        let alone = StopGrace(.seconds(25))
        #expect(alone.dropTime(now: now) == now + .seconds(25))
        #expect(alone.dropTime(now: now + .seconds(9)) == now + .seconds(25))
        let late = StopGrace(.zero)
        late.begin()
        #expect(late.dropTime(now: now + .seconds(4)) == now + .seconds(5))
        let tooLate = StopGrace(.zero)
        tooLate.begin()
        #expect(tooLate.dropTime(now: now + .seconds(60)) < now + .seconds(30))
    }
}
