internal import Foundation

/// What a journal says.
struct JournalContents: Sendable {
    struct Owner: Sendable, Hashable {
        let workerID: Int64
        let database: DatabaseIdentity
        /// What the worker named its file; nil in one that an older program made. A copy has another name.
        let fileName: String?
    }

    /// Nil where the file's beginning is damaged or was never written.
    let owner: Owner?
    let entries: [JournalEntry]
    /// Whether all of it is there and sound. Where it is not, an event that it does not name may have been begun too.
    let isWhole: Bool
    /// Whether it begins as no journal that this program knows: a newer one's perhaps.
    let isForeign: Bool

    /// - Parameter octets: of a file, however many of them there are.
    init(_ octets: [UInt8]) {
        let padded = octets + [UInt8](repeating: 0, count: max(0, JournalLayout.fileSize - octets.count))
        func number(_ offset: Int) -> UInt64 {
            padded.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        }
        isForeign = number(0) != JournalLayout.magic && number(0) != 0 && octets.count >= JournalLayout.headerSize
        let installation = padded[JournalLayout.installationOffset..<JournalLayout.fingerprintOffset]
        guard octets.count >= JournalLayout.headerSize, number(0) == JournalLayout.magic,
            let installationID = UUID(octets: installation)
        else {
            (owner, entries, isWhole) = (nil, [], false)
            return
        }
        let fingerprint = Int64(bitPattern: number(JournalLayout.fingerprintOffset))
        let workerID = Int64(bitPattern: number(JournalLayout.workerOffset))
        let tag = padded[JournalLayout.tagOffset..<JournalLayout.tagOffset + JournalLayout.tagSize]
        owner = Owner(
            workerID: workerID,
            database: DatabaseIdentity(
                installationID: installationID, fingerprint: fingerprint == 0 ? nil : fingerprint),
            fileName: number(JournalLayout.tagOffset) == 0
                ? nil : JournalFile.name(workerID: workerID, tag: String(decoding: tag, as: UTF8.self)))
        var entries: [JournalEntry] = []
        var isWhole = octets.count == JournalLayout.fileSize
        for index in 0..<JournalLayout.slotCount {
            let offset = JournalLayout.slotOffset(index)
            let word = number(offset + JournalLayout.wordOffset)
            if word == 0 { continue }
            if let entry = JournalLayout.entry(
                eventID: Int64(bitPattern: number(offset + JournalLayout.eventOffset)),
                leaseID: Int64(bitPattern: number(offset + JournalLayout.leaseOffset)), word: word)
            {
                entries.append(entry)
            } else {
                isWhole = false
            }
        }
        (self.entries, self.isWhole) = (entries, isWhole)
    }
}
