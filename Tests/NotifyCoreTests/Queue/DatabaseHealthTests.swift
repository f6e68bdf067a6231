import PostgresClient
import Testing

@testable import NotifyCore

@Suite("Whether the database can be used")
struct DatabaseHealthTests {
    private let lost = PostgresError(.connection, "connection to 10.0.0.7 refused")
    private let full = PostgresError(.server("53100"), "No space left on device")

    @Test("A thread's fault stays until that thread succeeds, whatever the others do")
    func byThread() {
        let health = DatabaseHealth()
        health.failed("claim", full)
        #expect(!health.succeeded("keep"))
        #expect(health.reason == "claim: error 53100 (insufficient resources)")
        #expect(health.succeeded("claim"))
        #expect(health.reason == nil)
        #expect(!health.succeeded("claim"))
    }

    @Test("What several threads met is told once, with their names and no host")
    func together() {
        let health = DatabaseHealth()
        health.failed("settle", lost)
        health.failed("claim", lost)
        health.failed("keep", full)
        #expect(health.reason == "claim, settle: unreachable; keep: error 53100 (insufficient resources)")
    }

    @Test(
        "A row that is locked, deadlocked or refused says nothing about the next one",
        arguments: ["55P03", "40P01", "22001", "23514"])
    func oneRow(state: String) {
        let health = DatabaseHealth()
        health.failed("settle", PostgresError(.server(SQLState(rawValue: state)), "no"))
        #expect(health.reason == nil)
    }
}
