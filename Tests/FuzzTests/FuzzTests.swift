import Foundation
import Glibc
import Testing

/// `make fuzz` runs these for ten minutes a target: FUZZ_SECONDS, FUZZ_TARGET and FUZZ_SEED say otherwise.
///
/// The input at work stands in `.build/fuzz/TARGET`, where a crash leaves it. Once mended, it goes into the corpus.
@Suite("Parsers of what others wrote", .serialized)
struct FuzzTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test("take or refuse each input of the corpus in time", arguments: FuzzTarget.all)
    func corpus(_ target: FuzzTarget) throws {
        let seeds = try target.seeds().enumerated().map { (name: "seed \($0)", octets: $1) }
        let kept = try target.corpus()
        #expect(!kept.isEmpty)
        for input in seeds + kept {
            #expect(throws: Never.self, "\(input.name)") { try target.check(input.octets) }
        }
    }

    @Test("take or refuse what is made of the corpus in time", arguments: FuzzTarget.all)
    func mutations(_ target: FuzzTarget) throws {
        let wanted = Self.environment["FUZZ_TARGET"].flatMap { $0.isEmpty ? nil : $0 }
        if let wanted {
            let names = FuzzTarget.all.map(\.name)
            try #require(names.contains(wanted), "FUZZ_TARGET is one of \(names.joined(separator: ", "))")
            guard wanted == target.name else { return }
        }
        let seconds = Self.environment["FUZZ_SECONDS"].flatMap(Double.init) ?? 0.2
        let seed = Self.environment["FUZZ_SEED"].flatMap(UInt64.init) ?? .random(in: .min ... .max)
        let corpus = try target.seeds() + target.corpus().map(\.octets)
        var mutator = Mutator(seed: seed, corpus: corpus, words: target.words)
        let scratch = try Scratch(target.name)
        let deadline = ContinuousClock.now + .milliseconds(Int(seconds * 1_000))
        var count = 0
        while ContinuousClock.now < deadline {
            let input = mutator.next()
            scratch.keep(input)
            // An input that never ends ends the process, as SIGALRM's default is.
            alarm(60)
            do {
                try target.check(input)
            } catch {
                alarm(0)
                Issue.record("\(target.name), seed \(seed), input \(count) in \(scratch.path): \(error)")
                return
            }
            count += 1
        }
        alarm(0)
        if seconds >= 1 { print("fuzz: \(target.name): \(count) inputs, seed \(seed)") }
        #expect(count > 0)
    }
}

/// The file that holds the input at work.
private struct Scratch: ~Copyable {
    let path: String
    private let descriptor: Int32

    init(_ name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.build/fuzz")
            .standardized
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: name).path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FuzzFault("cannot write \(path)") }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func keep(_ input: [UInt8]) {
        ftruncate(descriptor, 0)
        pwrite(descriptor, input, input.count, 0)
    }
}
