import NotifyCore
import SMTPSender
import Testing

@Suite("A relay that refuses too much")
struct RelayRefusalTests {
    @Test(
        "Ten permanent refusals in a row to five recipients pause it with an alarm",
        arguments: [Results.refused, Results.unknownUser])
    func pauses(_ result: SendResult) {
        var story = RelayStory()
        for count in 1...9 { #expect(story.finish(result, recipient: UInt64(count % 5)) == nil) }
        #expect(story.finish(result, recipient: 0)?.isClosing == true)
        #expect(story.health.isPausedForRefusals)
        #expect(story.take() == nil)
    }

    @Test("Refusals to four recipients never pause it")
    func fewRecipients() {
        var story = RelayStory()
        for count in 1...200 { #expect(story.finish(Results.unknownUser, recipient: UInt64(count % 4)) == nil) }
        #expect(story.permit == .open)
    }

    @Test("Half of the last fifty refused pause it, fewer do not")
    func half() {
        var story = RelayStory()
        for _ in 1...100 {
            #expect(story.finish(Results.refused) == nil)
            #expect(story.finish(Results.accepted) == nil)
            #expect(story.finish(Results.accepted) == nil)
        }
        var worse = RelayStory()
        for _ in 1...24 {
            #expect(worse.finish(Results.refused) == nil)
            #expect(worse.finish(Results.accepted) == nil)
        }
        guard case .pausedForRefusals = worse.finish(Results.refused) else {
            Issue.record("25 refusals among 49 did not pause it")
            return
        }
    }

    @Test("Refusals further back than fifty results are forgotten")
    func window() {
        var story = RelayStory()
        for _ in 1...24 {
            #expect(story.finish(Results.refused) == nil)
            #expect(story.finish(Results.deferred) == nil)
        }
        for _ in 1...50 { #expect(story.finish(Results.accepted) == nil) }
        for _ in 1...9 { #expect(story.finish(Results.refused) == nil) }
        #expect(story.permit == .open)
    }

    @Test("Only an accepted probe ends a pause for refusals, and then the refusals before it are forgotten")
    func unpauses() throws {
        var story = RelayStory()
        for _ in 1...10 { story.finish(Results.refused) }
        #expect(story.finish(Results.accepted) == nil, "an acceptance of a mail from before")
        #expect(story.health.isPausedForRefusals)
        for result in [Results.refused, Results.deferred] {
            let probe = try story.waitForProbe()
            guard case .stillClosed = story.finish(result, probe) else {
                Issue.record("\(result) ended the pause")
                return
            }
        }
        let probe = try story.waitForProbe()
        #expect(story.finish(Results.accepted, probe) == .recovered)
        for _ in 1...9 { #expect(story.finish(Results.refused) == nil) }
    }

    @Test("The record tells whether one of the last ten results was an acceptance")
    func record() {
        var story = RelayStory()
        #expect(!story.health.hasAcceptedLately)
        story.finish(Results.accepted, recipient: 1)
        for _ in 1...9 {
            story.finish(Results.deferred)
            #expect(story.health.hasAcceptedLately)
        }
        story.finish(.unknown)
        #expect(story.health.hasAcceptedLately)
        story.finish(Results.refused)
        #expect(!story.health.hasAcceptedLately)
    }

    @Test("A mail that is deferred again and again counts once among the last ten results")
    func deferredAgain() {
        var story = RelayStory()
        story.finish(Results.accepted)
        for _ in 1...100 { story.finish(Results.deferred, of: 1_000) }
        for _ in 1...8 { story.finish(Results.deferred) }
        #expect(story.health.hasAcceptedLately, "nine mails were deferred since")
        story.finish(Results.deferred, of: 1_000)
        #expect(story.health.hasAcceptedLately)
        story.finish(Results.deferred)
        #expect(!story.health.hasAcceptedLately, "ten mails were deferred since")
    }

    @Test("A mail that was deferred and then refused counts as refused alone")
    func decidedAtLast() {
        var story = RelayStory()
        story.finish(Results.accepted, of: 1)
        for mail in Int64(2)...9 {
            story.finish(Results.deferred, of: mail)
            story.finish(Results.deferred, of: mail)
            story.finish(Results.refused, of: mail)
        }
        #expect(story.health.hasAcceptedLately)
        #expect(story.finish(Results.refused, of: 10) == nil)
        #expect(story.finish(Results.refused, of: 11)?.isClosing == true)
    }

    @Test("Few mails that are refused again and again still pause it")
    func refusedAgain() {
        var story = RelayStory()
        for count in 1...9 {
            #expect(story.finish(Results.refused, of: Int64(count % 5), recipient: UInt64(count % 5)) == nil)
        }
        #expect(story.finish(Results.refused, of: 0, recipient: 0)?.isClosing == true)
    }

    @Test("What we do not even offer to the relay is no refusal of its")
    func unsendable() {
        var story = RelayStory()
        story.finish(Results.accepted)
        for _ in 1...9 { #expect(story.finish(Results.refused) == nil) }
        for _ in 1...100 { #expect(story.finish(Results.tooLarge) == nil) }
        #expect(story.permit == .open)
        #expect(story.health.complaint == nil)
        #expect(story.health.hasAcceptedLately)
    }

    @Test(
        "A relay that suddenly refuses all burns ten events at most, though what it took before comes back in between",
        arguments: [Results.refused, Results.unknownUser], [0, 1, 9])
    func backlog(_ refusal: SendResult, _ acceptancesBetween: Int) throws {
        var story = RelayStory()
        for _ in 1...100 { story.finish(Results.accepted) }
        var burnt = 0
        func refuse(_ ticket: RelayTicket?) {
            let context = AttemptContext(
                chargedAttempts: 0, remaining: .seconds(86_400), holdsUnknown: false,
                hasRelayAcceptedOthers: story.health.hasAcceptedLately, isRelayRefusing: story.health.isRefusingLately,
                canGoOn: false)
            let verdict = classify(refusal, of: context, schedule: .standard, jitter: Jitter(position: 0))
            if verdict.outcome == .failed(.recipientRefused) { burnt += 1 }
            if let ticket { story.finish(refusal, ticket) } else { story.finish(refusal) }
        }
        for count in 1...1_000 {
            refuse(nil)
            if count <= acceptancesBetween { story.finish(Results.accepted) }
        }
        #expect(burnt == 10)
        #expect(story.health.isPausedForRefusals)
        for _ in 1...10 { refuse(try story.waitForProbe()) }
        #expect(burnt == 10, "probes burn none")
    }

    @Test("Unknown users among many others, and one that is unknown time and again, say nothing about the relay")
    func someUnknown() {
        var story = RelayStory()
        for _ in 1...100 {
            #expect(!story.health.isRefusingLately)
            story.finish(Results.unknownUser)
            for _ in 1...2 { story.finish(Results.accepted) }
        }
        var one = RelayStory()
        for _ in 1...100 { one.finish(Results.unknownUser, recipient: 1) }
        #expect(!one.health.isRefusingLately)
    }
}
