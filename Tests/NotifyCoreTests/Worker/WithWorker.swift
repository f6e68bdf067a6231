import DevMailbox
import TestSupport

/// Runs `body` with a directory of a few users, a mailbox and a worker, and stops all of it afterwards.
func withWorker(
    faults: [FaultRule] = [], extensions: [String]? = nil, _ options: TestWorker.Options = TestWorker.Options(),
    isPooled: Bool = false,
    prepare: (TestDatabase) async throws -> Void = { _ in }, _ body: (TestWorker) async throws -> Void
) async throws {
    try await withTestDatabase(.directory) { direct in
        let database = isPooled ? try await direct.pooled() : direct
        var configuration = MailboxConfiguration()
        configuration.faults = faults
        if let extensions { configuration.extensions = extensions }
        try await DevMailbox.with(configuration) { mailbox in
            try await prepare(database)
            let worker = try await TestWorker.start(on: database, sendingTo: mailbox, options)
            do {
                try await body(worker)
            } catch {
                try await worker.stop(within: .seconds(1))
                throw error
            }
            try await worker.stop()
        }
    }
}
