import PostgresClient
import SMTPSender
import Threads

/// Checks mails again that waited too long for their turn, so that a slow relay cannot make a preference come too late.
final class Checker {
    private static let batchSize = 256

    private let path: DeliveryPath
    private let database: DatabaseSession
    private let stop: StopSignal

    init(path: DeliveryPath, database: DatabaseSession, stop: StopSignal) {
        self.path = path
        self.database = database
        self.stop = stop
    }

    func run() {
        while let due = path.checking.pop(limit: Self.batchSize) {
            check(due)
        }
        database.close()
    }

    private func check(_ due: [DueCheck]) {
        while !stop.isRequested {
            do {
                return try database.run { queue throws(PostgresError) in try path.recheck(due, in: queue) }
            } catch {
                if database.recover(from: error, during: "recheck") { break }
            }
        }
        path.handBack(due)
    }
}
