/// How a journal's file is laid out: a header, then slots. All numbers little-endian, as the machine has them.
enum JournalLayout {
    static let magic: UInt64 = 0x314c_4e52_4a59_464e
    /// Of the header's worker, installation, fingerprint of the database, and what tells the file's name from others of
    /// that worker; the last two are 0 where they are not known.
    static let (workerOffset, installationOffset, fingerprintOffset, tagOffset) = (8, 16, 32, 40)
    static let tagSize = 8
    static let headerSize = 64
    static let slotSize = 32
    static let slotCount = DeliveryPath.capacity + DeliveryPath.accountReserve
    static let fileSize = headerSize + slotCount * slotSize
    /// Of the slot's event id, lease id and word.
    static let (eventOffset, leaseOffset, wordOffset) = (0, 8, 16)

    static func slotOffset(_ index: Int) -> Int { headerSize + index * slotSize }

    /// The stage, the reply code and a check sum over all that a slot says; 0 is an empty slot.
    static func word(_ entry: JournalEntry) -> UInt64 {
        UInt64(entry.stage.rawValue) | UInt64(entry.replyCode) << 8 | UInt64(checkSum(entry)) << 32
    }

    /// Nil for an empty slot, and for one that is not what a worker wrote.
    static func entry(eventID: Int64, leaseID: Int64, word: UInt64) -> JournalEntry? {
        guard let stage = JournalEntry.Stage(rawValue: UInt8(truncatingIfNeeded: word)) else { return nil }
        let entry = JournalEntry(
            eventID: eventID, leaseID: leaseID, stage: stage, replyCode: UInt16(truncatingIfNeeded: word >> 8))
        return self.word(entry) == word ? entry : nil
    }

    /// FNV-1a (draft-eastlake-fnv), 32 bits, eight octets at a step.
    private static func checkSum(_ entry: JournalEntry) -> UInt32 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        let values = [
            UInt64(bitPattern: entry.eventID), UInt64(bitPattern: entry.leaseID), UInt64(entry.stage.rawValue),
            UInt64(entry.replyCode),
        ]
        for value in values { hash = (hash ^ value) &* 0x100_0000_01b3 }
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
