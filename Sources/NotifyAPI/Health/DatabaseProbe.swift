package import Logging
package import NotifyCore
package import PostgresClient
import ServiceLifecycle
import Synchronization

/// Looks every few seconds whether the API's own connection to the database is of use, so that readiness can be told
/// from memory.
package final class DatabaseProbe: Service {
    private static let interval = Duration.seconds(5)

    private let pool: ConnectionPool
    private let logger: Logger
    private let state = Mutex(ReadinessPart(name: "api_database", isReady: false, reason: "not asked yet"))

    package init(_ pool: ConnectionPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    package var part: ReadinessPart { state.withLock { $0 } }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.note(await self.trouble())
                // Cancelled, it ends early; that is no error.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func trouble() async -> String? {
        do {
            let isAllowed = try await pool.withConnection { try QueueInspection($0).mayServeAPI() }
            return isAllowed ? nil : "the role lacks the rights of notify_api"
        } catch let error as PostgresError {
            return error.publicReason
        } catch {
            return nil
        }
    }

    private func note(_ reason: String?) {
        let earlier = state.withLock { part in
            defer { part = ReadinessPart(name: part.name, isReady: reason == nil, reason: reason) }
            return part.reason
        }
        guard reason != earlier else { return }
        if let reason {
            logger.warning("the API cannot use its database", metadata: ["reason": "\(reason)"])
        } else {
            logger.notice("the API's database is usable")
        }
    }
}
