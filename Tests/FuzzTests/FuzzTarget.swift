import Foundation
import Glibc

/// A parser that reads what others wrote, and what has to hold whatever that was.
struct FuzzTarget: Sendable, CustomStringConvertible {
    let name: String
    /// What its inputs are made of, for the mutator to put in.
    let words: [String]
    /// Sound inputs that are made rather than kept: the beginning of the corpus.
    let seeds: @Sendable () throws -> [[UInt8]]
    /// Reads one input. Refusing it is fine; what it throws is a fault, as is a crash.
    let read: @Sendable ([UInt8]) throws -> Void

    var description: String { name }

    static let all: [FuzzTarget] = [.replies, .settings, .templates, .addresses, .journal, .tokens, .json]

    /// Most processor time for one input: by the thread's own clock, so that a busy machine is no fault.
    static let limit = Duration.seconds(1)

    func check(_ input: [UInt8]) throws {
        let start = Self.threadTime()
        try read(input)
        let spent = Self.threadTime() - start
        guard spent <= Self.limit else { throw FuzzFault("took \(spent)") }
    }

    /// The files of `Corpus/NAME`: inputs that once were a fault, and hostile ones from the start.
    func corpus() throws -> [(name: String, octets: [UInt8])] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus/\(name)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return try files.map { ($0, Array(try Data(contentsOf: folder.appending(path: $0)))) }
    }

    private static func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

struct FuzzFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    static func unless(_ holds: Bool, _ description: @autoclosure () -> String) throws {
        if !holds { throw FuzzFault(description()) }
    }
}
