import DevMailbox
import Hummingbird
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Preferences and mails that are queued already", .timeLimit(.minutes(3)))
struct QueuedMailTests {
    @Test("A switch that is turned off over HTTP stops every mail that is queued, whatever is queued of other switches")
    func queued() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let service = try await api.key([.events]).token
            let events = Array(repeating: event(), count: 200) + [event(for: bob)]
            let queued = try await api.send(
                .post, "/v1/events", as: service, #"{"events":[\#(events.joined(separator: ","))]}"#)
            #expect(queued.status == 201)
            let changed = try await api.send(
                .patch, "/v1/me/email-preferences", as: token, #"{"switches":{"assigned_tickets":false}}"#)
            #expect(changed.status == 200)
            try await DevMailbox.with(MailboxConfiguration()) { mailbox in
                let worker = try await TestWorker.start(on: api.database, sendingTo: mailbox)
                try await worker.settled.count(201)
                try await worker.stop()
                #expect(mailbox.state.mailCount == 1)
            }
            let outcomes = try await api.database.column(
                """
                select concat_ws(' ', outcome, reason, count(*)) from notify.deliveries
                group by outcome, reason order by 1
                """)
            #expect(outcomes == ["sent 1", "skipped preference_off 200"])
        }
    }

    @Test("While mails are being sent, none whose content had not begun goes out a second after the switch is off")
    func underWay() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            let service = try await api.key([.events]).token
            var configuration = MailboxConfiguration()
            // A relay that takes its time over each mail: what is queued waits in the worker, before its turn.
            configuration.faults = [FaultRule(.mail, .always, .delay(.milliseconds(20)))]
            try await DevMailbox.with(configuration) { mailbox in
                var options = TestWorker.Options()
                options.connections = 1
                let worker = try await TestWorker.start(on: api.database, sendingTo: mailbox, options)
                let events = Array(repeating: event(), count: 400).joined(separator: ",")
                _ = try await api.send(.post, "/v1/events", as: service, #"{"events":[\#(events)]}"#)
                _ = try await mailbox.mails(count: 3)
                let changed = try await api.send(
                    .patch, "/v1/me/email-preferences", as: token, #"{"switches":{"assigned_tickets":false}}"#)
                #expect(changed.status == 200)
                try await worker.settled.count(400, within: .seconds(60))
                try await worker.stop()
            }
            let late = try await api.database.value(
                """
                select count(*) from notify.deliveries d, notify.email_preference_changes c
                where d.outcome = 'sent' and d.finished_at > c.changed_at + interval '1 second'
                """)
            #expect(late == "0")
            let skipped = try await api.database.value(
                "select count(*) > 0 from notify.deliveries where reason = 'preference_off'")
            #expect(skipped == "true")
        }
    }
}
