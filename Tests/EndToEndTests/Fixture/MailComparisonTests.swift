import DevMailbox
import TestSupport
import Testing

/// A check that cannot fail proves nothing: one fault of each kind must be found.
@Suite("The comparison of delivered mails", .timeLimit(.minutes(5)))
struct MailComparisonTests {
    @Test("finds what is missing, doubled, foreign or changed, and nothing in mails as they were sent")
    func findsFaults() async throws {
        let sample = try EventFixture().sample(0)
        try await withTestDatabase(.fixtureDirectory) { database in
            try await DevMailbox.with { mailbox in
                let ids = try await sample.enqueue(in: database)
                let worker = try await TestWorker.start(on: database, sendingTo: mailbox)
                try await worker.settled.count(ids.count)
                try await worker.stop()
                let mails = mailbox.state.mails.map { mail in
                    Array("X-Rcpt-To: \(mail.recipients.joined())\r\n".utf8) + mail.content
                }
                let deliveries = try await Delivery.all(in: database)
                let good = try await MailComparison.run(sample, deliveries, mails)
                #expect(good.status == 0, "\(good.standardOutput)\(good.standardError)")
                let changes: [(String, [[UInt8]])] = [
                    ("0 mails\n", Array(mails.dropFirst())), ("2 mails\n", mails + mails.prefix(1)),
                    ("a mail of no event", changed(mails, "Message-ID: <", "Message-ID: <f")),
                    ("envelope recipient", changed(mails, "X-Rcpt-To: ", "X-Rcpt-To: x")),
                    ("subject ", changed(mails, "Subject: ", "Subject: Re: ")),
                    ("name in To", changed(mails, "\r\nTo: ", "\r\nTo: X ")),
                    ("fields ", changed(mails, "\r\nList-Id: ", "\r\nX-List: ")),
                    ("not in the text part", changed(mails, "/preferences", "/preferencez")),
                    ("links ", changed(mails, "href=3D", "href=3Dx")),
                    ("bare CR", changed(mails, "\r\n\r\n", "\r\n\r\n\r")),
                ]
                for (fault, mails) in changes {
                    let report = try await MailComparison.run(sample, deliveries, mails)
                    #expect(report.status == 1)
                    #expect(report.standardOutput.contains(fault), "\(fault): \(report.standardOutput.prefix(2_000))")
                }
            }
        }
    }

    /// Every mail with the first occurrence of `old` replaced, and the rest of it as it was.
    private func changed(_ mails: [[UInt8]], _ old: String, _ new: String) -> [[UInt8]] {
        mails.map { mail in
            guard let range = mail.firstRange(of: Array(old.utf8)) else { return mail }
            return mail[..<range.lowerBound] + Array(new.utf8) + mail[range.upperBound...]
        }
    }
}
