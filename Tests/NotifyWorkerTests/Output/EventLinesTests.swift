import Testing

@testable import NotifyWorker
@testable import PostgresClient

@Suite("Events as lines of a file")
struct EventLinesTests {
    @Test("Blank lines are skipped, whatever the line ends, and batches keep the order")
    func lines() throws {
        let lines = try EventLines("{\"a\":1}\r\n\n  \n{\"b\":2}\n")
        #expect(lines.count == 2)
        #expect(lines.batches().map(\.array) == [#"[{"a":1},{"b":2}]"#])
        let many = try EventLines((0..<12_000).map { "{\"n\":\($0)}" }.joined(separator: "\n"))
        #expect(many.batches().count == 3)
        #expect(many.batches().map(\.array).joined(separator: ",").contains(#"{"n":4999}],[{"n":5000}"#))
    }

    @Test(
        "A line that is no JSON object is named", arguments: ["{\"a\":1}\n[]", "{\"a\":1}\nnull", "{\"a\":1}\n{\"b\":"])
    func badLine(text: String) throws {
        let failure = try #require(throws: CommandFailure.self) { try EventLines(text) }
        #expect(failure.message == "line 2 is no JSON object")
        #expect(failure.exit == .usage)
    }

    @Test("A line separator inside a text does not end the line")
    func lineSeparator() throws {
        #expect(try EventLines("{\"a\":\"b\u{2028}c\u{85}d\"}").count == 1)
    }

    @Test("A file without an event is refused", arguments: ["", "\n\n"])
    func empty(text: String) {
        #expect(throws: CommandFailure.self) { try EventLines(text) }
    }

    @Test("A refusal names the line of the file, not the place in the array; another error stays as it is")
    func refusal() throws {
        let batch = try #require(try EventLines("\n{\"a\":1}\n\n{\"b\":2}").batches().first)
        var fields = PostgresError.Fields()
        fields.message = "events[1]: kind is unknown"
        fields.column = "kind"
        let refused = try #require(
            batch.failure(PostgresError(.server("NW001"), fields: fields)) as? CommandFailure)
        #expect(refused.message == "line 4: refused, NW001 (field kind): kind is unknown")
        #expect(batch.failure(PostgresError(.connection, "gone")) is PostgresError)
    }
}
