import Foundation
import NotifyCore

/// What happens in the demo: who is there, what is enqueued, and how each event should come out.
enum DemoScenario {
    struct Person {
        let key: String
        let name: String
        let email: String
        let locale: String
        let timeZone: String
        var switchedOff: EmailSwitch?

        var id: UUID { DemoScenario.id("person", key) }
    }

    struct Event {
        let title: String
        let kind: EventKind
        let to: String
        let payload: [String: String]
        var actor: String?
        var delaySeconds: Double = 0
        var isCancelled = false
        let expected: Expectation
    }

    struct Expectation: Equatable {
        let outcome: String
        let reason: String?
        let attempts: Int

        static func sent(attempts: Int = 1) -> Expectation {
            Expectation(outcome: "sent", reason: nil, attempts: attempts)
        }

        static func not(_ outcome: Outcome, attempts: Int = 0) -> Expectation {
            Expectation(outcome: outcome.name, reason: outcome.reason, attempts: attempts)
        }
    }

    static let organizationID = id("organization", "northwind")
    static let organizationName = "Northwind Traders"
    static let refusedAddress = "left@northwind.example"
    static let deferredAddress = "busy@northwind.example"

    static let people = [
        Person(
            key: "anna", name: "Anna Lindgren", email: "anna@northwind.example", locale: "en",
            timeZone: "Europe/Stockholm"),
        Person(
            key: "juergen", name: "Jürgen Weiß", email: "juergen@northwind.example", locale: "de",
            timeZone: "Europe/Berlin", switchedOff: .assignedTickets),
        Person(
            key: "chloe", name: "Chloé Dubois", email: "chloe@northwind.example", locale: "fr",
            timeZone: "Europe/Paris"),
        Person(
            key: "misaki", name: "佐藤 美咲", email: "misaki@northwind.example", locale: "ja", timeZone: "Asia/Tokyo"),
        Person(key: "left", name: "Lee Parker", email: refusedAddress, locale: "en", timeZone: "UTC"),
        Person(key: "busy", name: "Noor de Vries", email: deferredAddress, locale: "en", timeZone: "Europe/Amsterdam"),
    ]

    static func person(_ key: String) -> Person? { people.first { $0.key == key } }

    /// The same ids in every run, so that they can be used from psql.
    static func id(_ type: String, _ key: String) -> UUID {
        var octets = Array("\(type)-\(key)".utf8.prefix(16))
        octets += Array(repeating: 0, count: 16 - octets.count)
        octets[6] = octets[6] & 0x0F | 0x40
        octets[8] = octets[8] & 0x3F | 0x80
        return octets.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    /// Without the link that a ticket needs: `enqueue` refuses it.
    static let badPayload = ["ticket_id": "9001", "subject": "No link in here"]
}
