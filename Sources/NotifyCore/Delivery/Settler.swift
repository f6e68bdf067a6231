import PostgresClient
import Threads

/// Writes settlements, in the batches that pile up while the last one was written.
///
/// A settlement is kept until it is written, however long the database is away: it is what stands between a mail that
/// went out and one that goes out again.
final class Settler {
    static let batchSize = 256

    private let path: DeliveryPath
    private let database: DatabaseSession

    /// - Parameter database: its stop signal ends the waiting for a database that is away, at the end of the grace period.
    init(path: DeliveryPath, database: DatabaseSession) {
        self.path = path
        self.database = database
    }

    func run() {
        writeAll()
        database.close()
    }

    /// Until the queue is closed and empty, or what is left cannot be written.
    func writeAll() {
        while let batch = path.settling.pop(limit: Self.batchSize) {
            guard write(batch) else { break }
        }
    }

    /// Whether to go on: false when the grace period is over and one last try failed too. What is then unwritten waits
    /// in the queue for the sign-off, which has a connection of its own.
    private func write(_ batch: [Settlement]) -> Bool {
        var isLastTry = false
        while true {
            do {
                let locked = try database.run { queue throws(PostgresError) in
                    try path.settle(batch, in: queue)
                }
                return locked.isEmpty || putOff(locked, alone: locked.count == batch.count)
            } catch {
                // One row that cannot be written must not hold up its batch mates.
                if error.isAboutOneRow, batch.count > 1 {
                    let middle = batch.count / 2
                    guard write(Array(batch[..<middle])) else { return leave(Array(batch[middle...])) }
                    return write(Array(batch[middle...]))
                }
                if isLastTry { return leave(batch) }
                isLastTry = database.recover(from: error, during: "settle")
                if error.isAboutOneRow, !isLastTry { return putOff(batch, alone: false) }
            }
        }
    }

    /// Behind everything that waits by now. A locked row alone is not asked for more than four times a second.
    private func putOff(_ batch: [Settlement], alone: Bool) -> Bool {
        let isOver = database.pause(alone ? .milliseconds(250) : .zero)
        // One by one, which a closed queue takes too: there it is the sign-off that tries again.
        batch.forEach(path.settling.push)
        return !isOver
    }

    private func leave(_ batch: [Settlement]) -> Bool {
        path.settling.giveBack(batch)
        return false
    }
}

extension PostgresError {
    /// Lock not available, deadlock, data exception, integrity violation, what a trigger raised: other rows may well be
    /// written.
    var isAboutOneRow: Bool {
        guard let state = sqlState?.rawValue else { return false }
        return ["55P03", "40P01"].contains(state) || ["22", "23", "P0"].contains(state.prefix(2))
    }
}
