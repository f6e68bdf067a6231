internal import Foundation

/// What a journal says.
struct JournalContents: Sendable {
    /// Nil where the file's beginning is damaged or was never written.
    let worker: (id: Int64, database: DatabaseIdentity)?
    let entries: [JournalEntry]
    /// Whether all of it is there and sound. Where it is not, an event that it does not name may have been begun too.
    let isWhole: Bool

    /// - Parameter octets: of a file, however many of them there are.
    init(_ octets: [UInt8]) {
        let padded = octets + [UInt8](repeating: 0, count: max(0, JournalLayout.fileSize - octets.count))
        func number(_ offset: Int) -> UInt64 {
            padded.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        }
        let installation = padded[JournalLayout.installationOffset..<JournalLayout.markOffset]
        guard octets.count >= JournalLayout.headerSize, number(0) == JournalLayout.magic,
            let installationID = UUID(octets: installation)
        else {
            (worker, entries, isWhole) = (nil, [], false)
            return
        }
        let mark = Int64(bitPattern: number(JournalLayout.markOffset))
        worker = (
            Int64(bitPattern: number(JournalLayout.workerOffset)),
            DatabaseIdentity(installationID: installationID, mark: mark == 0 ? nil : mark)
        )
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
