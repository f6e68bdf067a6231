import Foundation
import Glibc
import TestSupport
import Testing
import Threads

@testable import NotifyCore

@Suite("The journal")
struct JournalTests {
    private static let database = DatabaseIdentity(installationID: UUID(), fingerprint: 42)

    private func withFolder(_ body: (TemporaryFolder) throws -> Void) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try body(folder)
    }

    private func journal(in folder: TemporaryFolder) throws -> Journal {
        try Journal(directory: folder.path, workerID: 7, database: Self.database)
    }

    private func contents(of path: String) throws -> JournalContents {
        let file = try takeOver(path)
        defer { file.close() }
        return file.contents()
    }

    /// A program that some other test starts has the lock too for a moment, between fork and exec.
    private func takeOver(_ path: String) throws -> JournalFile {
        for _ in 1...1_000 {
            if let file = try JournalFile.takeOver(path) { return file }
            usleep(1_000)
        }
        return try #require(try JournalFile.takeOver(path))
    }

    @Test("tells the successor what each event had come to, and whose it was")
    func stages() throws {
        try withFolder { folder in
            let journal = try journal(in: folder)
            for (event, stages) in [
                (1, [.rendering]), (2, [.rendering, .waiting]), (3, [.rendering, .waiting, .opening]),
                (4, [.rendering, .waiting, .opening, .sending]),
                (5, [.rendering, .waiting, .opening, .sending, .accepted]),
                (6, [.rendering, .waiting, .opening, .waiting]),
            ] as [(Int64, [JournalEntry.Stage])] {
                journal.note(event: event, lease: event + 100, stages[0])
                for stage in stages.dropFirst() {
                    journal.advance(event + 100, to: stage, replyCode: stage == .accepted ? 251 : 0)
                }
            }
            journal.close()
            let contents = try contents(of: journal.path)
            #expect(contents.owner?.workerID == 7)
            #expect(contents.owner?.database == Self.database)
            #expect(contents.owner?.fileName == journal.path.split(separator: "/").last.map(String.init))
            let told = contents.entries.map { "\($0.eventID) \($0.leaseID) \($0.stage) \($0.replyCode)" }
            #expect(
                told.sorted() == [
                    "1 101 rendering 0", "2 102 waiting 0", "3 103 opening 0", "4 104 sending 0", "5 105 accepted 251",
                    "6 106 waiting 0",
                ])
        }
    }

    @Test("forgets what is settled, has room for as many again, and goes when nothing is left")
    func forget() throws {
        try withFolder { folder in
            let journal = try journal(in: folder)
            for round in 0..<5 as Range<Int64> {
                let leases = (0..<Int64(JournalLayout.slotCount)).map { round * 10_000 + $0 + 1 }
                for lease in leases { journal.note(event: lease * 2, lease: lease, .sending) }
                // One more than there is room for is no more than not noted.
                journal.note(event: 1, lease: -1, .sending)
                journal.forget(leases)
                journal.forget([-1])
            }
            journal.close()
            #expect(try JournalFile.paths(in: folder.path) == [])
        }
    }

    @Test("is nobody else's while its process lives")
    func lock() throws {
        try withFolder { folder in
            let journal = try journal(in: folder)
            journal.note(event: 1, lease: 1, .sending)
            #expect(try JournalFile.takeOver(journal.path) == nil)
            journal.close()
            let first = try takeOver(journal.path)
            #expect(try JournalFile.takeOver(journal.path) == nil)
            first.remove()
            first.close()
            #expect(try JournalFile.takeOver(journal.path) == nil)
        }
    }

    @Test("that is made is its maker's, or nobody's: a finder never removes one that its maker has")
    func creationRace() throws {
        try withFolder { folder in
            let isDone = StopSignal()
            let directory = folder.path
            let finder = try NamedThread("finder") {
                while !isDone.isRequested {
                    for path in (try? JournalFile.paths(in: directory)) ?? [] {
                        guard let found = try? JournalFile.takeOver(path) else { continue }
                        found.remove()
                        found.close()
                    }
                }
            }
            defer {
                isDone.request()
                finder.join()
            }
            var made = 0
            for number in 1...2_000 {
                guard let file = try JournalFile.create("\(directory)/\(number)\(JournalFile.suffix)") else { continue }
                made += 1
                #expect(access(file.path, F_OK) == 0, "the file of journal \(number) is gone while its maker has it")
                file.remove()
                file.close()
            }
            #expect(made > 0, "the finder took each")
        }
    }

    @Test(
        "cut anywhere, keeps the whole slots before the cut",
        arguments: [0, 1, 63, 64, 95, 96, 97, 127, 128, 160, 18_495])
    func cut(length: Int) throws {
        try withFolder { folder in
            let journal = try journal(in: folder)
            for event in 1...3 as ClosedRange<Int64> { journal.note(event: event, lease: event, .sending) }
            journal.close()
            truncate(journal.path, length)
            let contents = try contents(of: journal.path)
            let hasHeader = length >= JournalLayout.headerSize
            #expect((contents.owner != nil) == hasHeader)
            let whole = hasHeader ? min(3, (length - JournalLayout.headerSize + 8) / 32) : 0
            #expect(contents.entries.map(\.eventID) == (0..<whole).map { Int64($0 + 1) })
        }
    }

    @Test("with any octet changed tells nothing that was not so")
    func damage() throws {
        try withFolder { folder in
            let journal = try journal(in: folder)
            for event in 1...3 as ClosedRange<Int64> { journal.note(event: event, lease: event << 20, .sending) }
            journal.close()
            let sound = [UInt8](try Data(contentsOf: URL(filePath: journal.path)))
            let truth = Set(JournalContents(sound).entries)
            #expect(truth.count == 3)
            for offset in 32..<JournalLayout.headerSize + 4 * JournalLayout.slotSize {
                for bit in 0..<8 as Range<UInt8> {
                    var damaged = sound
                    damaged[offset] ^= 1 << bit
                    let told = JournalContents(damaged).entries
                    #expect(truth.isSuperset(of: told) && told.count >= 2, "octet \(offset), bit \(bit)")
                }
            }
        }
    }

    @Test("of another version is none that says nothing")
    func foreign() {
        var octets = [UInt8](repeating: 0, count: JournalLayout.fileSize)
        #expect(!JournalContents(octets).isForeign)
        withUnsafeBytes(of: JournalLayout.magic + 1) { octets.replaceSubrange(0..<8, with: $0) }
        #expect(JournalContents(octets).isForeign)
        withUnsafeBytes(of: JournalLayout.magic) { octets.replaceSubrange(0..<8, with: $0) }
        #expect(!JournalContents(octets).isForeign)
    }

    @Test("of random octets is no reason to stop, nor to believe anything")
    func noise() {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<200 {
            var octets = (0..<JournalLayout.fileSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(JournalContents(octets).owner == nil)
            withUnsafeBytes(of: JournalLayout.magic) { octets.replaceSubrange(0..<8, with: $0) }
            #expect(JournalContents(octets).entries == [])
        }
    }

    @Test("that cannot be made says what and where")
    func refused() throws {
        try withFolder { folder in
            let file = folder.path + "/file"
            #expect(FileManager.default.createFile(atPath: file, contents: nil))
            for directory in [file, folder.path + "/no/such"] {
                let error = #expect(throws: JournalError.self) {
                    try Journal(directory: directory, workerID: 7, database: Self.database)
                }
                #expect(error?.description.hasPrefix("cannot make \(directory)/7-") == true)
            }
            #expect(try JournalFile.paths(in: folder.path + "/new") == [])
            let made = try Journal(directory: folder.path + "/new", workerID: 7, database: Self.database)
            made.close()
        }
    }
}
