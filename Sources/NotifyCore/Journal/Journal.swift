internal import CLinux
internal import Foundation
internal import Glibc
internal import Synchronization

/// This process's notes about the mails that it has in hand, for its successor should it be killed (ADR 14).
///
/// A store into shared memory: nothing here blocks, and from the moment a call returns the kernel has the note.
final class Journal: Sendable {
    let path: String
    private let file: JournalFile
    private let memory: SharedMemory
    private let slots: Mutex<Slots>

    private struct Slots {
        var byLease: [Int64: Int] = [:]
        var free = Array((0..<JournalLayout.slotCount).reversed())
        var isClosed = false
    }

    /// The mapped file. Each slot is written by whoever holds the lock of `slots`.
    private struct SharedMemory: @unchecked Sendable {
        let start: UnsafeMutableRawPointer

        func number(at offset: Int) -> UnsafeMutablePointer<UInt64> {
            (start + offset).assumingMemoryBound(to: UInt64.self)
        }
    }

    /// Makes the file, with all its blocks, and takes its lock.
    ///
    /// - Throws: ``JournalError`` where the directory cannot be written or the disk is full.
    init(directory: String, workerID: Int64, database: DatabaseIdentity) throws(JournalError) {
        // Whatever else is wrong with it, the file tells.
        _ = mkdir(directory, 0o700)
        let (file, tag) = try Self.makeFile(in: directory, workerID: workerID)
        self.file = file
        path = file.path
        do throws(JournalError) {
            memory = SharedMemory(start: try file.map())
        } catch {
            file.remove()
            file.close()
            throw error
        }
        slots = Mutex(Slots())
        memory.number(at: JournalLayout.workerOffset).pointee = UInt64(bitPattern: workerID)
        (memory.start + JournalLayout.installationOffset)
            .copyMemory(from: database.installationID.octets, byteCount: 16)
        memory.number(at: JournalLayout.fingerprintOffset).pointee = UInt64(bitPattern: database.fingerprint ?? 0)
        (memory.start + JournalLayout.tagOffset).copyMemory(from: Array(tag.utf8), byteCount: tag.utf8.count)
        journal_store(memory.number(at: 0), JournalLayout.magic)
    }

    private static func makeFile(
        in directory: String, workerID: Int64
    ) throws(JournalError) -> (JournalFile, tag: String) {
        while true {
            // Not found by its name: two containers may both call their process 1. A new name for each try: who has
            // removed one may yet remove another of its name.
            let tag = String(UUID().lowercaseText.prefix(JournalLayout.tagSize))
            let name = JournalFile.name(workerID: workerID, tag: tag)
            if let file = try JournalFile.create("\(directory)/\(name)") { return (file, tag) }
        }
    }

    deinit {
        close()
    }

    /// An event's mail enters a stage.
    func note(event eventID: Int64, lease leaseID: Int64, _ stage: JournalEntry.Stage) {
        note(leaseID, eventID, stage)
    }

    /// Likewise, for one that is known already; nothing happens for one that is not.
    func advance(_ leaseID: Int64, to stage: JournalEntry.Stage, replyCode: Int = 0) {
        note(leaseID, nil, stage, replyCode: replyCode)
    }

    private func note(
        _ leaseID: Int64, _ eventID: Int64?, _ stage: JournalEntry.Stage, replyCode: Int = 0
    ) {
        slots.withLock { slots in
            let index: Int
            if let known = slots.byLease[leaseID] {
                index = known
            } else if let eventID, let free = slots.free.popLast() {
                index = free
                slots.byLease[leaseID] = index
                let offset = JournalLayout.slotOffset(index)
                memory.number(at: offset + JournalLayout.eventOffset).pointee = UInt64(bitPattern: eventID)
                memory.number(at: offset + JournalLayout.leaseOffset).pointee = UInt64(bitPattern: leaseID)
            } else {
                return
            }
            let offset = JournalLayout.slotOffset(index)
            let entry = JournalEntry(
                eventID: Int64(bitPattern: memory.number(at: offset + JournalLayout.eventOffset).pointee),
                leaseID: leaseID, stage: stage, replyCode: UInt16(clamping: replyCode))
            journal_store(memory.number(at: offset + JournalLayout.wordOffset), JournalLayout.word(entry))
        }
    }

    /// Their settlement is written.
    func forget(_ leaseIDs: some Sequence<Int64>) {
        slots.withLock { slots in
            for leaseID in leaseIDs {
                guard let index = slots.byLease.removeValue(forKey: leaseID) else { continue }
                journal_store(memory.number(at: JournalLayout.slotOffset(index) + JournalLayout.wordOffset), 0)
                slots.free.append(index)
            }
        }
    }

    /// An orderly end. A journal with something left to tell stays, for the next worker; further notes are lost.
    func close() {
        slots.withLock { slots in
            guard !slots.isClosed else { return }
            if slots.byLease.isEmpty { file.remove() }
            slots = Slots(free: [], isClosed: true)
            // The mapping too keeps the lock.
            munmap(memory.start, JournalLayout.fileSize)
            file.close()
        }
    }
}
