import Logging
import PostgresClient
internal import Synchronization

/// Takes over what killed workers of this host left in their journals: settles what was accepted, marks as suspects what
/// was begun, and frees the rest at once.
final class JournalAdoption: Sendable {
    private let directory: String
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

    /// All files whose workers are no more. What cannot be done now holds up nothing else: a row that somebody keeps locked,
    /// or that the database refuses, keeps its lease, and its file stays for the next time.
    ///
    /// - Throws: `PostgresError` where the connection is of no use any more.
    func run(in queue: EventQueue) throws(PostgresError) {
        let paths: [String]
        do {
            paths = try JournalFile.paths(in: directory)
        } catch {
            return warnOnce("cannot look for journals", about: directory, error)
        }
        told.withLock { $0.formIntersection(paths + [directory]) }
        for path in paths {
            let file: JournalFile
            do {
                guard let taken = try JournalFile.takeOver(path) else { continue }
                file = taken
            } catch {
                warnOnce("cannot open a journal", about: path, error)
                continue
            }
            defer { file.close() }
            do throws(PostgresError) {
                if try adopt(file, in: queue) { file.remove() }
            } catch {
                if error.isConnectionLost || error.sqlState == .readOnlyTransaction { throw error }
                logger.warning(
                    "cannot take over a journal now; trying again", metadata: ["file": "\(path)", "error": "\(error)"])
            }
        }
    }

    /// Whether the file has nothing more to tell.
    private func adopt(_ file: JournalFile, in queue: EventQueue) throws(PostgresError) -> Bool {
        let contents = file.contents()
        guard let owner = contents.owner else {
            if contents.isForeign {
                warnOnce("left a file alone that is no journal of this version", about: file.path)
                return false
            }
            logger.warning("removed a journal that says nothing; leases run out", metadata: ["file": "\(file.path)"])
            return true
        }
        guard owner.database.matches(database) else {
            warnOnce("left a journal of another database alone", about: file.path)
            return false
        }
        guard owner.fileName.map({ $0 == file.name }) ?? true else {
            warnOnce("left a copy of a journal alone", about: file.path)
            return false
        }
        let unwritten = try writeOut(contents, in: queue)
        if contents.isWhole {
            try queue.signOff(workerID: owner.workerID, keeping: unwritten.map(\.eventID))
        } else {
            warnOnce("a journal is damaged; what it does not name waits for its lease", about: file.path)
        }
        guard unwritten.isEmpty else { return false }
        logger.notice("took over from a worker that was killed", metadata: ["worker": "\(owner.workerID)"])
        return true
    }

    /// Records what was accepted and marks what was begun; the entries for which neither could be done now.
    private func writeOut(_ contents: JournalContents, in queue: EventQueue) throws(PostgresError) -> [JournalEntry] {
        let accepted = try write(contents.entries.filter { $0.stage == .accepted }) { batch throws(PostgresError) in
            try queue.settle(batch.map(Settlement.init(accepted:)))
        }
        log("recorded as sent what a killed worker had sent", accepted.written)
        let isAlone = contents.isWhole && contents.entries.count == 1
        let suspects = try write(contents.entries.filter(\.stage.isSuspect)) { batch throws(PostgresError) in
            try queue.markSuspects(batch, isAlone: isAlone, holding: holdUnknown)
        }
        log("may have been sent by a killed worker", suspects.written.filter { $0.stage == .sending })
        log("was under way in a killed worker, and unsent", suspects.written.filter { $0.stage != .sending })
        for part in [accepted, suspects] {
            guard let refusal = part.refusal else { continue }
            log("cannot record what became of events of a killed worker; trying again", part.unwritten, refusal)
        }
        return accepted.unwritten + suspects.unwritten
    }

    private struct Part {
        var written: [JournalEntry] = []
        var unwritten: [JournalEntry] = []
        /// Why the database would not have the last of them.
        var refusal: PostgresError?
    }

    /// One row that cannot be written must not hold up its batch mates: a batch with one is halved. But not where a whole
    /// table is locked, which would take the limit's five seconds for each part.
    private func write(
        _ batch: [JournalEntry], by body: ([JournalEntry]) throws(PostgresError) -> EventQueue.Settled
    ) throws(PostgresError) -> Part {
        guard !batch.isEmpty else { return Part() }
        do throws(PostgresError) {
            let settled = try body(batch)
            return Part(
                written: batch.filter { settled.ours.contains($0.leaseID) },
                unwritten: batch.filter { settled.locked.contains($0.leaseID) })
        } catch {
            guard error.isAboutOneRow else { throw error }
            guard batch.count > 1, error.sqlState != .lockNotAvailable else {
                return Part(unwritten: batch, refusal: error)
            }
            let middle = batch.count / 2
            let first = try write(Array(batch[..<middle]), by: body)
            let second = try write(Array(batch[middle...]), by: body)
            return Part(
                written: first.written + second.written, unwritten: first.unwritten + second.unwritten,
                refusal: second.refusal ?? first.refusal)
        }
    }

    private func warnOnce(_ message: Logger.Message, about path: String, _ error: JournalError? = nil) {
        guard told.withLock({ $0.insert(path).inserted }) else { return }
        var metadata: Logger.Metadata = ["file": "\(path)"]
        if let error { metadata["error"] = "\(error)" }
        logger.warning(message, metadata: metadata)
    }

    private func log(_ message: Logger.Message, _ entries: [JournalEntry], _ error: PostgresError? = nil) {
        guard !entries.isEmpty else { return }
        var metadata: Logger.Metadata = [
            "events": .array(entries.map { .stringConvertible(Int($0.eventID)) }), "count": "\(entries.count)",
        ]
        if let error { metadata["error"] = "\(error)" }
        logger.warning(message, metadata: metadata)
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
