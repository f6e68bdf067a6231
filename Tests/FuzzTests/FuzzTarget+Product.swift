import Foundation
import Templates

@testable import NotifyAPI
@testable import NotifyCore
@testable import NotifyWorker

extension FuzzTarget {
    private static let key = Data((0..<32).map { UInt8($0) }).base64EncodedString()

    /// Lines of NAME=VALUE, as an environment.
    static let settings = FuzzTarget(
        name: "settings",
        words: [
            "=", "\n", ",", "smtp://", "smtps://", "?tls=off", "://", "%00", "%2F", "[::1]", "s", "m", "h",
            "99999999999",
        ]
            + Settings.groups.flatMap { $0.declarations.map { $0.name } },
        seeds: {
            [
                """
                NOTIFY_DATABASE_URL=postgresql://notify@db.example.com/app
                NOTIFY_SMTP_URL=smtp://user:p%40ss@relay.example.com:587?tls=required,smtps://[::1]:465
                NOTIFY_SMTP_TIMEOUTS=connect=10,dot=300.5
                NOTIFY_MAIL_FROM=Example Support <support@example.com>
                NOTIFY_MAIL_ALLOW=*@example.com,tester@example.org
                NOTIFY_PUBLIC_URL=https://notify.example.com
                NOTIFY_SECRET_KEYS=\(key)
                NOTIFY_RETRY_SCHEDULE=1m,5m,2h
                NOTIFY_UNKNOWN_HOLD=assigned_ticket
                NOTIFY_TRUSTED_PROXIES=10.0.0.0/8,::1
                """
            ]
            .map { Array($0.utf8) }
        },
        read: { octets in
            var environment: [String: String] = [:]
            for line in String(decoding: octets, as: UTF8.self).split(separator: "\n") {
                let pair = line.split(separator: "=", maxSplits: 1).map(String.init)
                // Files are not what is read here.
                if pair.count == 2, !pair[0].hasSuffix("_FILE") { environment[pair[0]] = pair[1] }
            }
            do throws(SettingsError) {
                _ = try Settings(SettingValues(environment: environment))
            } catch {
                // A damaged line may have put the key into another setting, whose value may be shown.
                environment["NOTIFY_SECRET_KEYS"] = nil
                let isElsewhere = environment.contains { $0.key.contains(key) || $0.value.contains(key) }
                try FuzzFault.unless(isElsewhere || !"\(error)".contains(key), "a message shows the key")
            }
        })

    /// A journal's file, however damaged: no entry that the layout would not write.
    static let journal = FuzzTarget(
        name: "journal", words: ["\0", "\u{1}", "NFYJRNL1"],
        seeds: {
            var octets = [UInt8](repeating: 0, count: JournalLayout.fileSize)
            func put(_ number: UInt64, at offset: Int) {
                for index in 0..<8 { octets[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
            }
            put(JournalLayout.magic, at: 0)
            put(7, at: 8)
            for index in 0..<3 {
                let entry = JournalEntry(eventID: Int64(index + 1), leaseID: 9, stage: .sending, replyCode: 250)
                let offset = JournalLayout.slotOffset(index)
                put(UInt64(entry.eventID), at: offset + JournalLayout.eventOffset)
                put(UInt64(entry.leaseID), at: offset + JournalLayout.leaseOffset)
                put(JournalLayout.word(entry), at: offset + JournalLayout.wordOffset)
            }
            return [octets, Array(octets.prefix(200))]
        },
        read: { octets in
            let contents = JournalContents(octets)
            try FuzzFault.unless(contents.entries.count <= JournalLayout.slotCount, "\(contents.entries.count) entries")
            try FuzzFault.unless(contents.owner != nil || contents.entries.isEmpty, "entries of nobody")
        })

    /// Tokens of links: none is taken but one that this ring has signed.
    static let tokens = FuzzTarget(
        name: "tokens", words: ["A", "-", "_", "=", "+", "/", "%", "\0", "é"],
        seeds: {
            let ring = try KeyRing(parsing: key)
            return (1...3)
                .map { number in
                    let token = UnsubscribeToken(
                        userID: UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)),
                        emailSwitch: .assignedTickets, eventID: Int64(number) << 40)
                    return Array(token.encoded(signedBy: ring).utf8)
                }
        },
        read: { octets in
            let text = String(decoding: octets, as: UTF8.self)
            let ring = try KeyRing(parsing: key)
            guard let token = UnsubscribeToken(verifying: text, with: ring) else { return }
            try FuzzFault.unless(token.encoded(signedBy: ring) == text, "taken though not signed: \(text)")
        })

    /// Bodies of requests and payloads of events: what our parser takes Foundation takes too.
    static let json = FuzzTarget(
        name: "json",
        words: [
            "{", "}", "[", "]", ":", ",", "\"", "\\u", "\\ud83d", "\\ude00", "null", "true", "1e9", "-0.", "\0", "é",
        ],
        seeds: {
            [
                #"{"kind": "assigned_ticket", "payload": {"ticket_id": "8", "note": "\ud83d\ude00 \u00e9\n"}}"#,
                #"{"numbers": [1, -2.5e3, 0.1, 0], "others": [null, true, false, {}, []]}"#,
                #"{"subject": "a \"quoted\" one", "url": "https:\/\/app.example.com"}"#,
            ]
            .map { Array($0.utf8) }
        },
        read: { octets in
            _ = try? PayloadParser.parse(String(decoding: octets, as: UTF8.self))
            guard (try? JSONParser.parse(octets)) != nil else { return }
            let others = try? JSONSerialization.jsonObject(with: Data(octets), options: .fragmentsAllowed)
            try FuzzFault.unless(others != nil, "no JSON, and taken")
        })
}
