internal import Foundation
import Logging
import PostgresClient

/// Takes over what killed workers of this host left in their journals: settles what was accepted, marks as suspects what
/// was begun, and frees the rest at once.
struct JournalAdoption {
    let directory: String
    let installationID: UUID
    /// Kinds that are held rather than sent again when nobody knows whether they went out.
    let holdUnknown: Set<String>
    let logger: Logger

    /// All files whose workers are no more. One that cannot be written out now stays, for the next time.
    ///
    /// - Throws: `PostgresError` when the database cannot be asked; the file that was at hand stays too.
    func run(in queue: EventQueue) throws(PostgresError) {
        for path in (try? JournalFile.paths(in: directory)) ?? [] {
            guard let file = JournalFile.takeOver(path) else { continue }
            defer { file.close() }
            let contents = file.contents()
            guard let worker = contents.worker else {
                logger.warning("removed a journal that says nothing; leases run out", metadata: ["file": "\(path)"])
                file.remove()
                continue
            }
            guard worker.installationID == installationID else {
                logger.warning("left a journal of another database alone", metadata: ["file": "\(path)"])
                continue
            }
            guard try writeAccepted(contents.entries, in: queue) else { continue }
            try markSuspects(contents.entries, in: queue)
            if contents.isWhole {
                try queue.signOff(workerID: worker.id)
            } else {
                logger.warning(
                    "a journal is damaged; what it does not name waits for its lease", metadata: ["file": "\(path)"])
            }
            file.remove()
            logger.notice("took over from a worker that was killed", metadata: ["worker": "\(worker.id)"])
        }
    }

    /// False where somebody keeps one of the rows locked.
    private func writeAccepted(_ entries: [JournalEntry], in queue: EventQueue) throws(PostgresError) -> Bool {
        let accepted = entries.filter { $0.stage == .accepted }
        guard !accepted.isEmpty else { return true }
        let settled = try queue.settle(accepted.map(Settlement.init(accepted:)))
        log("recorded as sent what a killed worker had sent", accepted.filter { settled.ours.contains($0.leaseID) })
        return settled.locked.isEmpty
    }

    private func markSuspects(_ entries: [JournalEntry], in queue: EventQueue) throws(PostgresError) {
        let suspects = entries.filter(\.stage.isSuspect)
        guard !suspects.isEmpty else { return }
        let marked = try queue.markSuspects(suspects, isAlone: entries.count == 1, holding: holdUnknown)
        let ours = suspects.filter { marked.contains($0.leaseID) }
        log("may have been sent by a killed worker", ours.filter { $0.stage == .sending })
        log("was under way in a killed worker, and unsent", ours.filter { $0.stage != .sending })
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
