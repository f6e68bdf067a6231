import Foundation
import NotifyCore
import SMTPSender

/// Parts of the way of an event, each alone, for `make bench`; prints one JSON object.
///
///     bench-parts compose KIND MAILS                render and compose, on one thread
///     bench-parts send HOST:PORT MAILS CONNECTIONS  mails of all kinds, composed beforehand, through one lane
///     bench-parts replies REPLIES                   the reply parser
///
/// Takes NOTIFY_TEMPLATES as the worker does. Counts of instructions and allocations come from valgrind around it.
@main
struct BenchParts {
    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        switch words.first {
        case "compose" where words.count == 3: try compose(kind: words[1], count: try number(words[2]))
        case "send" where words.count == 4:
            try send(to: words[1], count: try number(words[2]), connections: try number(words[3]))
        case "replies" where words.count == 2: try parse(count: try number(words[1]))
        default:
            FileHandle.standardError.write(
                Data("usage: bench-parts compose KIND MAILS | send HOST:PORT MAILS CONNECTIONS | replies COUNT\n".utf8))
            exit(64)
        }
    }

    private static func number(_ word: String) throws -> Int {
        guard let number = Int(word), number > 0 else { throw Complaint("“\(word)” is no number above 0") }
        return number
    }

    private static func compose(kind: String, count: Int) throws {
        guard let kind = EventKind(rawValue: kind) else { throw Complaint("“\(kind)” is no kind of event") }
        let workshop = try Workshop()
        let events = Workshop.variety.map { workshop.event($0, of: kind) }
        // The first mail of each shape and locale is dearer, and not what is measured.
        for event in events { _ = try workshop.compose(event) }
        let start = ContinuousClock.now
        var octets = 0
        for index in 0..<count { octets += try workshop.compose(events[index % events.count]).content.count }
        report(["mails": Double(count), "seconds": seconds(since: start), "octets": Double(octets)])
    }

    private static func send(to address: String, count: Int, connections: Int) throws {
        let workshop = try Workshop()
        let mails = try Workshop.variety.flatMap { number in
            try EventKind.allCases.map { try workshop.compose(workshop.event(number, of: $0)) }
        }
        let sender = try LaneSender(urls: "smtp://\(address)?tls=off", connections: connections, mails: mails)
        let start = ContinuousClock.now
        let accepted = sender.send(count)
        let taken = seconds(since: start)
        sender.stop()
        guard accepted == count else { throw Complaint("\(accepted) of \(count) mails were accepted") }
        report(["mails": Double(count), "seconds": taken])
    }

    private static func parse(count: Int) throws {
        let reply = Array("250-2.1.0 jane@example.com sender ok\r\n250 2.0.0 Ok: queued as 4bKx2v1Zq9z1X\r\n".utf8)
        let piece = [[UInt8]](repeating: reply, count: 16).flatMap { $0 }
        var parser = ReplyParser()
        var codes = 0
        let start = ContinuousClock.now
        for _ in 0..<(count / 16) {
            piece.withUnsafeBytes { parser.append($0) }
            while let code = try parser.next() { codes += code }
        }
        let parsed = count / 16 * 16
        guard codes == 250 * parsed else { throw Complaint("replies were read otherwise than written") }
        report(["replies": Double(parsed), "seconds": seconds(since: start), "octets": Double(parsed * reply.count)])
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }

    private static func report(_ figures: [String: Double]) {
        let lines = figures.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        print("{\(lines.joined(separator: ", "))}")
    }
}

struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
