import Foundation
import Glibc
import Testing

@testable import NotifyWorker

@Suite("The sink of the log")
struct DescriptorSinkTests {
    @Test("A line is in the pipe when write returns, and lines keep their order")
    func direct() throws {
        let pipe = Pipe()
        let sink = DescriptorSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        sink.write("one\n")
        sink.write("two\n")
        #expect(pipe.fileHandleForReading.availableData == Data("one\ntwo\n".utf8))
    }

    @Test("A reader that does not read blocks no writer; what is too much is dropped and counted, the order kept")
    func fullPipe() throws {
        let pipe = Pipe()
        let sink = DescriptorSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        sink.setDroppedLine { JSONLogFormatter.line(.dropped($0)) }
        let padding = String(repeating: "x", count: 1_000)
        let count = 3_000
        // Three times what pipe and backlog hold: returning at all is what is tested.
        for number in 0..<count { sink.write("\(number) \(padding)\n") }
        let reader = LineReader(descriptor: pipe.fileHandleForReading.fileDescriptor)
        var numbers: [Int] = []
        var dropped = 0
        while numbers.count + dropped < count {
            let line = try #require(reader.next())
            if let number = line.split(separator: " ").first.flatMap({ Int($0) }) {
                numbers.append(number)
            } else {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(object?["level"] as? String == "warning")
                dropped += try #require(object?["count"] as? Int)
            }
        }
        #expect(numbers == numbers.sorted())
        #expect(dropped > 0)
        #expect(numbers.count > DescriptorSink.maximumBacklogBytes / 2_000)
        sink.flush(within: .seconds(5))
    }

    @Test("A closed reader loses the lines and nothing else")
    func closedReader() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let sink = DescriptorSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        for _ in 0..<10_000 { sink.write("nobody reads this\n") }
        sink.flush(within: .seconds(5))
        #expect(fcntl(pipe.fileHandleForWriting.fileDescriptor, F_GETFD) >= 0)
    }

    @Test("A closed descriptor does no harm")
    func closedDescriptor() {
        let sink = DescriptorSink(descriptor: 9_999)
        sink.write("nowhere\n")
        sink.write(String(repeating: "x", count: 100_000))
        sink.flush(within: .seconds(5))
    }
}

/// Reads lines with blocking reads.
private final class LineReader {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    func next() -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }
}
