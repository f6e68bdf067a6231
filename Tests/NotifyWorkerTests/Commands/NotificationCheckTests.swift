import TestSupport
import Testing

@testable import NotifyWorker

@Suite("Hearing notifications", .enabled(if: TestPooler.isInstalled, "apt-get install pgbouncer"))
struct NotificationCheckTests {
    @Test(
        "Behind a pooler the mend is to set NOTIFY_LISTEN_URL, or to change it where it leads there too",
        arguments: [false, true])
    func pooled(isGiven: Bool) async throws {
        try await withTestDatabase(.oneUser) { direct in
            let url = try await direct.pooled().url()
            let environment = ["NOTIFY_DATABASE_URL": url].merging(isGiven ? ["NOTIFY_LISTEN_URL": url] : [:]) { $1 }
            let check = NotificationCheck(settings: try DatabaseSettings(SettingValues(environment: environment)))
            let finding = try await onThread { try check.finding() }
            #expect(finding.status == .warning)
            #expect(finding.message.contains("NOTIFY_LISTEN_URL leads through a pooler too") == isGiven)
            #expect(finding.mend?.hasPrefix("Set NOTIFY_LISTEN_URL") == !isGiven)
        }
    }
}
