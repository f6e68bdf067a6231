import Hummingbird
import Testing

@testable import NotifyAPI

@Suite("The parameters of a query")
struct QueryTests {
    private func query(_ text: String, allowing names: Set<String> = ["limit", "cursor", "unread"]) throws -> Query {
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/x?\(text)")
        return try Query(Request(head: head, body: .init(buffer: ByteBuffer())), allowing: names)
    }

    @Test("Numbers, flags and cursors are read; what is absent has its default")
    func values() throws {
        let query = try query("limit=7&unread=true&cursor=\(Query.cursorText("5", "a"))")
        #expect(try query.integer("limit", in: 1...10, default: 3) == 7)
        #expect(try query.bool("unread") == true)
        #expect(try query.cursor() == ["5", "a"])
        let empty = try self.query("")
        #expect(try empty.integer("limit", in: 1...10, default: 3) == 3)
        #expect(try empty.bool("unread") == nil)
        #expect(try empty.cursor() == nil)
    }

    @Test(
        "An unknown parameter is refused by its name, also one that is another's in capitals",
        arguments: ["x=1", "Limit=1", "x"])
    func unknown(text: String) {
        #expect(throws: Problem.self) { try query(text) }
    }

    @Test("A parameter without a name is refused without a field", arguments: ["=", "=1", "&&"])
    func nameless(text: String) {
        let problem = #expect(throws: Problem.self) { try query(text) }
        #expect(problem?.code == .unknownField)
        #expect(problem?.field == nil)
    }

    @Test("The name of an unknown parameter is cut by Unicode scalars, whatever stands on its letters")
    func longName() {
        let problem = #expect(throws: Problem.self) { try query("a\(String(repeating: "%CC%81", count: 1_000))=1") }
        #expect(problem?.field?.unicodeScalars.count == 63)
    }

    @Test(
        "A route that takes no parameters refuses them too; one for anyone does not look, others add theirs to links",
        arguments: [
            ("/v1/me/email-preferences?user=x", 422), ("/v1/me?limit=1", 422), ("/v1/me?", 200),
            ("/healthz?utm_source=mail", 200), ("/openapi.yaml?v=1", 200),
        ])
    func undeclared(path: String, status: Int) async throws {
        try await withAPI { api in
            let answer = try await api.send(.get, path, as: try await api.session(of: ada))
            #expect(answer.status == status)
            if status == 422 { #expect(answer.outcome == "422 unknown_field") }
        }
    }

    @Test("A parameter that is there twice is refused", arguments: ["limit=1&limit=2", "limit=1&limit=1"])
    func twice(text: String) {
        let problem = #expect(throws: Problem.self) { try query(text) }
        #expect(problem?.field == "limit")
    }

    @Test(
        "What is no whole number within the bounds is refused",
        arguments: ["0", "11", "-1", "1.0", "1e0", "", "x", "٣", "99999999999999999999"])
    func numbers(text: String) throws {
        let query = try query("limit=\(text)")
        #expect(throws: Problem.self) { try query.integer("limit", in: 1...10, default: 3) }
    }

    @Test("What is neither true nor false is refused", arguments: ["1", "TRUE", "", "yes"])
    func flags(text: String) throws {
        let query = try query("unread=\(text)")
        #expect(throws: Problem.self) { try query.bool("unread") }
    }

    @Test("A cursor that is no base64 of text is refused", arguments: ["%00", "=", "a", "__8", "%F0%9F%98%80"])
    func cursors(text: String) throws {
        let query = try query("cursor=\(text)")
        #expect(throws: Problem.self) { try query.cursor() }
    }
}
