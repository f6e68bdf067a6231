import Foundation
import NotifyCore
import PostgresClient
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("On the wire", .timeLimit(.minutes(5)))
struct ConnectionTests {
    private func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n"
    }

    @Test("Requests that are sent at once are answered in their order over one connection")
    func pipelining() async throws {
        try await withServer { port, _ in
            let requests = (1...20).map { get("/healthz", "X-Request-Id: number-\($0)\r\n") }.joined()
            let answers = try await exchange(requests + get("/nothing", "Connection: close\r\n"), port: port)
            let ids = answers.split(separator: "\r\n").filter { $0.lowercased().hasPrefix("x-request-id: number-") }
            #expect(ids.map { $0.split(separator: "-").last.map(String.init) } == (1...20).map { "\($0)" })
            #expect(answers.components(separatedBy: "HTTP/1.1 ").count == 22)
            #expect(answers.contains("HTTP/1.1 404 Not Found\r\n"))
        }
    }

    @Test("Of requests that are sent at once the first 64 are answered, and then the connection ends")
    func tooManyAhead() async throws {
        try await withServer { port, _ in
            let answers = try await exchange(String(repeating: get("/healthz"), count: 100), port: port)
            #expect(answers.components(separatedBy: "HTTP/1.1 200 OK").count - 1 == 64)
            #expect(answers.hasSuffix(#"{"status":"alive"}"#))
        }
    }

    @Test("A client that asks for very much before it reads its answers loses the connection")
    func endlessPipeline() async throws {
        try await withServer { port, _ in
            let answers = try await exchange(String(repeating: get("/healthz"), count: 2_000), port: port)
            let count = answers.components(separatedBy: "HTTP/1.1 200 OK").count - 1
            #expect((64..<2_000).contains(count))
            #expect(answers.hasSuffix(#"{"status":"alive"}"#))
            let next = try await exchange(get("/healthz", "Connection: close\r\n"), port: port)
            #expect(next.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("A client that has ended its own half gets its answer whole, however slowly it fetches it")
    func halfClosed() async throws {
        try await withServer { port, api in
            let socket = try APISocket(port: port, receiveBuffer: 8_192)
            socket.write(try await api.largeFeedRequest())
            socket.endWriting()
            let (head, body) = try await onThread { (socket.read(until: "\r\n\r\n"), socket.readToEnd()) }
            #expect(body.utf8.count > 6_000_000)
            #expect(head.contains("Content-Length: \(body.utf8.count)\r\n"))
        }
    }

    @Test("The answer to what is no HTTP has a line in the log, under its id and with nothing of what was sent")
    func bareAnswerLogged() async throws {
        let lines = LogLines()
        try await withServer(logger: lines.logger) { port, _ in
            let answer = try await exchange(
                "GET /hidden HTTP/1.1\r\nHost: x\r\nAuthorization : Bearer hidden\r\n\r\n", port: port)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            let id = try #require(
                answer.split(separator: "\r\n").first { $0.lowercased().hasPrefix("x-request-id: ") }?.dropFirst(14))
            let line = try #require(lines.all.first { $0.hasPrefix("request ") })
            #expect(line.contains("\"request_id\": \(id)"), "\(line)")
            #expect(line.contains("\"status\": 400"), "\(line)")
            #expect(!lines.text.contains("hidden"))
        }
    }

    @Test("HEAD is answered with the length and without the body")
    func head() async throws {
        try await withServer { port, _ in
            let answer = try await exchange(
                "HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: port)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.lowercased().contains("content-length: 18\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    static let noRequests: [(name: String, request: String)] = [
        ("no HTTP", "nonsense\r\n\r\n"), ("no version", "GET /\r\n\r\n"),
        ("a header without a colon", "GET /healthz HTTP/1.1\r\nHost x\r\n\r\n"),
        ("two lengths", "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        (
            "a length and chunks",
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        ("a bad chunk", "POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"),
        (
            "a field of 20 KB",
            "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "x", count: 20_000))\r\n\r\n"
        ),
        ("200 fields", "GET /healthz HTTP/1.1\r\nHost: x\r\n\(String(repeating: "X-A: b\r\n", count: 200))\r\n"),
        (
            "40 KB of fields",
            "GET /healthz HTTP/1.1\r\nHost: x\r\n\(String(repeating: "X-A: \(String(repeating: "b", count: 1_000))\r\n", count: 40))\r\n"
        ),
        ("a path of 40 KB", "GET /\(String(repeating: "x", count: 40_000)) HTTP/1.1\r\nHost: x\r\n\r\n"),
    ]

    @Test(
        "What is no HTTP, or too much of it, is a 4xx like any other, or a closed connection",
        arguments: noRequests.indices)
    func broken(index: Int) async throws {
        try await withServer { port, api in
            let before = try await api.contents()
            let answer = try await exchange(Self.noRequests[index].request, port: port)
            if !answer.isEmpty {
                #expect(answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(200))")
                let head = answer.lowercased()
                #expect(head.contains("x-content-type-options: nosniff\r\n"))
                #expect(head.contains("cache-control: no-store\r\n"))
                #expect(head.contains("application/problem+json"))
                #expect(head.contains("x-request-id: "))
            }
            #expect(try await api.contents() == before)
            let next = try await exchange(get("/healthz", "Connection: close\r\n"), port: port)
            #expect(next.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("A body over 1 MiB is refused with 413: by its length at once, in chunks when they are too many")
    func largeBody() async throws {
        try await withServer { port, api in
            let token = try await api.key([.events]).token
            let head =
                "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Type: application/json\r\nConnection: close\r\n"
            let announced = try await onThread {
                let socket = try APISocket(port: port)
                socket.write("\(head)Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n")
                return socket.read(until: "\r\n\r\n")
            }
            #expect(announced.hasPrefix("HTTP/1.1 413 "))
            let chunk = "10000\r\n\(String(repeating: " ", count: 65_536))\r\n"
            let chunked = try await exchange(
                "\(head)Transfer-Encoding: chunked\r\n\r\n\(String(repeating: chunk, count: 17))0\r\n\r\n", port: port)
            #expect(chunked.hasPrefix("HTTP/1.1 413 "))
            #expect(chunked.contains(#""code":"too_large""#))
            let body = event() + String(repeating: " ", count: 1_048_576 - event().utf8.count)
            let whole = try await exchange("\(head)Content-Length: 1048576\r\n\r\n\(body)", port: port)
            #expect(whole.hasPrefix("HTTP/1.1 201 Created\r\n"))
        }
    }

    @Test("A client that waits to be told is told to go on before it sends the body")
    func expectContinue() async throws {
        try await withServer { port, api in
            let token = try await api.key([.events]).token
            let (first, answer) = try await onThread {
                let socket = try APISocket(port: port)
                socket.write(
                    """
                    POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\
                    Content-Type: application/json\r\nContent-Length: \(event().utf8.count)\r\n\
                    Expect: 100-continue\r\nConnection: close\r\n\r\n
                    """)
                let first = socket.read(until: "\r\n\r\n")
                socket.write(event())
                return (first, socket.readToEnd())
            }
            #expect(first == "HTTP/1.1 100 Continue\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 201 Created\r\n"))
        }
    }

    static let trickles = [
        "", "GET /healthz", "GET /healthz HTTP/1.1\r\nHost: x\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
    ]

    @Test(
        "A request that does not come whole in time ends the connection, however lively it trickles",
        arguments: trickles)
    func slowRequest(start: String) async throws {
        try await withServer(APIConfiguration(requestTime: .milliseconds(300))) { port, api in
            let token = try await api.key([.events]).token
            let took = try await onThread {
                let socket = try APISocket(port: port)
                let begin = ContinuousClock.now
                socket.write(start.replacing("TOKEN", with: token))
                // The server's end is noticed by the write after it; each waits for 10 ms of silence from the server.
                while socket.isSilent(milliseconds: 10), socket.write(start.isEmpty ? "" : "1") {
                    if .now - begin > .seconds(30) { break }
                }
                return ContinuousClock.now - begin
            }
            #expect(took >= .milliseconds(290))
            #expect(took < .seconds(30))
        }
    }

    @Test("A connection that is kept open is closed after the same time without a request")
    func idle() async throws {
        try await withServer(APIConfiguration(requestTime: .milliseconds(300))) { port, _ in
            let answer = try await exchange(get("/healthz"), port: port)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("A connection whose answer did not wait for the end of its request is closed after the same time too")
    func lateEnd() async throws {
        try await withServer(APIConfiguration(requestTime: .milliseconds(300))) { port, _ in
            let rest = try await onThread {
                let socket = try APISocket(port: port)
                socket.write("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
                let answer = socket.read(until: "\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 401 "))
                socket.write("x")
                return socket.readToEnd()
            }
            #expect(!rest.contains("HTTP/1.1"))
        }
    }

    @Test("A body that ends too early, or in a bad chunk, is the client's fault and not ours")
    func brokenBody() async throws {
        try await withServer { port, api in
            let token = try await api.key([.events]).token
            let head =
                "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nContent-Type: application/json\r\n"
            let chunk = try await exchange("\(head)Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", port: port)
            #expect(chunk.hasPrefix("HTTP/1.1 400 "), "\(chunk.prefix(100))")
            let cut = try await onThread {
                let socket = try APISocket(port: port)
                socket.write("\(head)Content-Length: 100\r\n\r\n{")
                socket.endWriting()
                return socket.readToEnd()
            }
            #expect(cut.hasPrefix("HTTP/1.1 400 "), "\(cut.prefix(100))")
            #expect(cut.contains("The request was cut short."))
        }
    }

    @Test("A request whose answer takes longer than a request may take is answered")
    func slowAnswer() async throws {
        try await withServer(APIConfiguration(requestTime: .milliseconds(200))) { port, api in
            let token = try await api.key([.users]).token
            let answer = try await api.database.withConnection { connection in
                try connection.execute("begin; lock table notify.organizations")
                let socket = try APISocket(port: port)
                socket.write(
                    "GET /v1/organizations/\(acme) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n"
                )
                try connection.wait(
                    until:
                        "select exists (select from pg_locks l where not l.granted and l.database = (select oid from pg_database where datname = current_database()))"
                )
                try connection.wait(milliseconds: 400)
                try connection.execute("commit")
                return socket.readToEnd()
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer.prefix(100))")
        }
    }
}
