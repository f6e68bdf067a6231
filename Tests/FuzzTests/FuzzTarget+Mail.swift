import NotifyCore

@testable import SMTPSender

extension FuzzTarget {
    /// What a relay answers: replies do not depend on how the network cut them, and their text can be stored.
    static let replies = FuzzTarget(
        name: "replies",
        words: ["250 ", "250-", "354 ", "5.1.1 ", "421 4.3.2 ", "\r\n", "\n", "\0", "é", "999 ", "SIZE "],
        seeds: {
            let lines = [
                "220 relay ESMTP", "250-relay greets you", "250-SIZE 1000", "250 AUTH PLAIN",
                "550 5.1.1 <jane@example.com>", "250 2.0.0 OK",
            ]
            return [Array(lines.map { $0 + "\r\n" }.joined().utf8)]
        },
        read: { octets in
            let whole = replies(in: octets, pieces: octets.count)
            let cut = replies(in: octets, pieces: 1 + octets.count % 7)
            try FuzzFault.unless(whole == cut, "read otherwise in pieces")
            for reply in whole.replies {
                try FuzzFault.unless((200..<600).contains(reply.code), "the code \(reply.code)")
                try FuzzFault.unless(reply.text.utf8.count <= 1_000, "a text of \(reply.text.utf8.count) octets")
                let isPlain = reply.text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
                try FuzzFault.unless(isPlain, "a control character")
                let scrubbed = RecipientScrubber(["jane@example.com"]).scrub(reply.text)
                try FuzzFault.unless(!scrubbed.contains("jane@example.com"), "the recipient stayed")
            }
        })

    private struct Reading: Equatable {
        var replies: [SMTPReply] = []
        var extensions: [[String]] = []
        var fault: ReplyFault?
    }

    private static func replies(in octets: [UInt8], pieces size: Int) -> Reading {
        var parser = ReplyParser()
        var reading = Reading()
        var rest = octets[...]
        do throws(ReplyFault) {
            while !rest.isEmpty {
                let piece = Array(rest.prefix(max(1, size)))
                rest = rest.dropFirst(piece.count)
                piece.withUnsafeBytes { parser.append($0) }
                while try parser.next() != nil {
                    reading.replies.append(parser.reply)
                    reading.extensions.append(SMTPExtensions(ehlo: parser.lines).offered)
                }
            }
        } catch {
            reading.fault = error
        }
        return reading
    }

    /// Addresses as users and settings have them: what is taken can stand on the wire, and reads the same again.
    static let addresses = FuzzTarget(
        name: "addresses",
        words: [
            "@", "\"", "\\", "<", ">", ",", "*", ".", "xn--", "ü", "例", "\r\n", "\0", " ", "example.com", "[",
            "\u{200D}",
        ],
        seeds: {
            [
                "jane@example.com", "\"jane doe\"@example.com", "Jane Doe <jane@bücher.example>",
                "*@example.com,a@b.example",
            ]
            .map { Array($0.utf8) }
        },
        read: { octets in
            let text = String(decoding: octets, as: UTF8.self)
            _ = try? AddressAllowList(parsing: text)
            for address in [try? EmailAddress(parsing: text), (try? Mailbox(parsing: text))?.address] {
                guard let address else { continue }
                let wire = address.wireForm
                let isSafe = wire.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                try FuzzFault.unless(isSafe && wire.utf8.count <= 254, "on the wire: \(wire.debugDescription)")
                try FuzzFault.unless(try EmailAddress(parsing: wire) == address, "reads otherwise again: \(wire)")
            }
        })
}
