import Logging
import PostgresClient
internal import Synchronization

/// Takes over what killed workers of this host left in their journals: settles what was accepted, marks as suspects what
/// was begun, and frees the rest at once.
final class JournalAdoption: Sendable {
    let directory: String
    private let database: DatabaseIdentity
    /// Kinds that are held rather than sent again when nobody knows whether they went out.
    private let holdUnknown: Set<String>
    private let logger: Logger
    /// Files of which it was told why they stay: they are looked at every few seconds.
    private let told = Mutex<Set<String>>([])

    init(directory: String, database: DatabaseIdentity, holdUnknown: Set<String>, logger: Logger) {
        self.directory = directory
        self.database = database
        self.holdUnknown = holdUnknown
        self.logger = logger
    }

    /// All files whose workers are no more. A row that somebody keeps locked, or that the database refuses, keeps its lease,
    /// and the file stays for the next time; it holds up nobody else.
    ///
    /// - Throws: `PostgresError` when the database cannot be asked; the file that was at hand stays too.
    func run(in queue: EventQueue) throws(PostgresError) {
        let paths = (try? JournalFile.paths(in: directory)) ?? []
        for path in paths {
            guard let file = JournalFile.takeOver(path) else { continue }
            defer { file.close() }
            if try adopt(file, beside: paths, in: queue) { file.remove() }
        }
    }

    /// Whether the file has nothing more to tell.
    private func adopt(
        _ file: JournalFile, beside paths: [String], in queue: EventQueue
    ) throws(PostgresError) -> Bool {
        let contents = file.contents()
        guard let worker = contents.worker else {
            logger.warning("removed a journal that says nothing; leases run out", metadata: ["file": "\(file.path)"])
            return true
        }
        guard worker.database.matches(database) else {
            return leave(file, "left a journal of another database alone")
        }
        if paths.contains(where: { $0 != file.path && JournalFile.isHeld($0, by: worker.id) }) {
            return leave(file, "left a copy of a living worker's journal alone")
        }
        let unwritten = try writeOut(contents.entries, in: queue)
        if contents.isWhole {
            try queue.signOff(workerID: worker.id, keeping: unwritten.map(\.eventID))
        } else {
            _ = leave(file, "a journal is damaged; what it does not name waits for its lease")
        }
        guard unwritten.isEmpty else { return false }
        logger.notice("took over from a worker that was killed", metadata: ["worker": "\(worker.id)"])
        return true
    }

    /// Records what was accepted and marks what was begun; the entries for which neither could be done now.
    private func writeOut(_ entries: [JournalEntry], in queue: EventQueue) throws(PostgresError) -> [JournalEntry] {
        let accepted = try write(entries.filter { $0.stage == .accepted }) { batch throws(PostgresError) in
            try queue.settle(batch.map(Settlement.init(accepted:)))
        }
        log("recorded as sent what a killed worker had sent", accepted.written)
        let suspects = try write(entries.filter(\.stage.isSuspect)) { batch throws(PostgresError) in
            try queue.markSuspects(batch, isAlone: entries.count == 1, holding: holdUnknown)
        }
        log("may have been sent by a killed worker", suspects.written.filter { $0.stage == .sending })
        log("was under way in a killed worker, and unsent", suspects.written.filter { $0.stage != .sending })
        return accepted.unwritten + suspects.unwritten
    }

    private typealias Entries = (written: [JournalEntry], unwritten: [JournalEntry])

    /// One row that cannot be written must not hold up its batch mates: a batch with one is halved.
    private func write(
        _ batch: [JournalEntry], by body: ([JournalEntry]) throws(PostgresError) -> EventQueue.Settled
    ) throws(PostgresError) -> Entries {
        guard !batch.isEmpty else { return ([], []) }
        do throws(PostgresError) {
            let settled = try body(batch)
            return (
                batch.filter { settled.ours.contains($0.leaseID) }, batch.filter { settled.locked.contains($0.leaseID) }
            )
        } catch {
            guard error.isAboutOneRow else { throw error }
            guard batch.count > 1 else {
                logger.warning(
                    "cannot record what became of an event of a killed worker; trying again",
                    metadata: ["event": "\(batch[0].eventID)", "error": "\(error)"])
                return ([], batch)
            }
            let middle = batch.count / 2
            let (first, second) = (
                try write(Array(batch[..<middle]), by: body), try write(Array(batch[middle...]), by: body)
            )
            return (first.written + second.written, first.unwritten + second.unwritten)
        }
    }

    /// False, for the one who asks whether the file may go.
    private func leave(_ file: JournalFile, _ message: Logger.Message) -> Bool {
        if told.withLock({ $0.insert(file.path).inserted }) {
            logger.warning(message, metadata: ["file": "\(file.path)"])
        }
        return false
    }

    private func log(_ message: Logger.Message, _ entries: [JournalEntry]) {
        guard !entries.isEmpty else { return }
        logger.warning(
            message,
            metadata: [
                "events": .array(entries.map { .stringConvertible(Int($0.eventID)) }), "count": "\(entries.count)",
            ])
    }
}

extension Settlement {
    fileprivate init(accepted entry: JournalEntry) {
        self.init(
            eventID: entry.eventID, leaseID: entry.leaseID,
            change: .end(
                .sent, detail: "recorded from the journal of the worker that sent it and was killed", isCharged: true),
            attempt: AttemptRecord(acceptedWith: Int(entry.replyCode)))
    }
}
