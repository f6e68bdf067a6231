import Foundation
import NotifyCore

extension DemoScenario {
    static let events = kinds + refusals

    static let appURL = "https://app.northwind.example"
    private static var app: String { appURL }

    /// Every kind, in every language.
    private static let kinds = [
        Event(
            title: "a conversation", kind: .assignedConversation, to: "anna",
            payload: [
                "conversation_id": "4711", "subject": "Where is my order 10248?",
                "url": "\(app)/conversations/4711", "assigned_by": "Chloé Dubois", "customer": "Paul Henriot",
                "preview": "Hello,\nmy order should have come on Monday.\nCan you look <b>where</b> it is?\n\nPaul",
            ],
            actor: "chloe", expected: .sent()),
        Event(
            title: "a ticket", kind: .assignedTicket, to: "misaki",
            payload: [
                "ticket_id": "1031", "subject": "請求書の宛名を変更したい", "url": "\(app)/tickets/1031",
                "assigned_by": "Anna Lindgren", "priority": "High", "due_at": inHours(26),
                "preview": "先月分の請求書の宛名を「株式会社ノースウィンド」に変更していただけますか。",
            ],
            actor: "anna", expected: .sent()),
        Event(
            title: "a note", kind: .conversationNote, to: "chloe",
            payload: [
                "conversation_id": "4711", "note_id": "88", "subject": "Where is my order 10248?",
                "author": "Anna Lindgren", "url": "\(app)/conversations/4711#note-88",
                "note": "The carrier lost it 🤦‍♀️ I asked for a new one.\n.A line that starts with a dot\n— Anna",
            ],
            actor: "anna", expected: .sent()),
        Event(
            title: "a reminder", kind: .assignedReminder, to: "juergen",
            payload: [
                "reminder_id": "7", "title": "Rückruf bei Frau Özdemir", "url": "\(app)/reminders/7",
                "due_at": inHours(3), "assigned_by": "Anna Lindgren", "note": "Sie ist ab 14 Uhr erreichbar.",
            ],
            actor: "anna", expected: .sent()),
        Event(
            title: "an inquiry", kind: .assignedInquiry, to: "anna",
            payload: [
                "inquiry_id": "305", "subject": "طلب عرض سعر", "url": "\(app)/inquiries/305", "customer": "سارة الخطيب",
                "message": "مرحبًا، هل يمكنكم إرسال عرض سعر لخمسين كرسيًا؟",
            ],
            expected: .sent()),
        Event(
            title: "a ticket in two seconds", kind: .assignedTicket, to: "chloe",
            payload: [
                "ticket_id": "1032", "subject": "Livraison incomplète", "url": "\(app)/tickets/1032",
                "priority": "Normale",
            ],
            delaySeconds: 2, expected: .sent()),
    ]

    /// What must not become a mail, or not at once.
    private static let refusals = [
        Event(
            title: "a ticket, switched off", kind: .assignedTicket, to: "juergen",
            payload: ["ticket_id": "1033", "subject": "Falscher Artikel", "url": "\(app)/tickets/1033"],
            actor: "anna", expected: .not(.skipped(.preferenceOff))),
        Event(
            title: "a ticket that she took herself", kind: .assignedTicket, to: "anna",
            payload: ["ticket_id": "1034", "subject": "Password reset", "url": "\(app)/tickets/1034"],
            actor: "anna", expected: .not(.skipped(.ownAction))),
        Event(
            title: "a reminder, taken back", kind: .assignedReminder, to: "anna",
            payload: ["reminder_id": "8", "title": "Order toner", "url": "\(app)/reminders/8"],
            delaySeconds: 3_600, isCancelled: true, expected: .not(.cancelled(.byProducer))),
        Event(
            title: "a conversation, to an address that the relay refuses", kind: .assignedConversation, to: "left",
            payload: ["conversation_id": "4712", "subject": "Refund", "url": "\(app)/conversations/4712"],
            expected: .not(.failed(.recipientRefused), attempts: 1)),
        Event(
            title: "a conversation, deferred by the relay at first", kind: .assignedConversation, to: "busy",
            payload: [
                "conversation_id": "4713", "subject": "Opening hours on \"King's Day\"?",
                "url": "\(app)/conversations/4713", "customer": "Jan Jansen",
            ],
            expected: .sent(attempts: 2)),
    ]

    private static func inHours(_ hours: Double) -> String {
        Date(timeIntervalSinceNow: hours * 3_600).formatted(.iso8601)
    }
}
