/// The notifications that a producer may enqueue. The raw value is the name in SQL, templates and metrics.
package enum EventKind: String, Sendable, CaseIterable {
    case assignedConversation = "assigned_conversation"
    case assignedTicket = "assigned_ticket"
    case conversationNote = "conversation_note"
    case assignedReminder = "assigned_reminder"
    case assignedInquiry = "assigned_inquiry"

    /// The preference that switches e-mails of this kind off.
    package var emailSwitch: EmailSwitch {
        switch self {
        case .assignedConversation: .assignedConversations
        case .assignedTicket: .assignedTickets
        case .conversationNote: .notesInAssignedConversations
        case .assignedReminder: .assignedReminders
        case .assignedInquiry: .assignedInquiries
        }
    }
}

/// The thing in the host product that a notification is about. Its mails form one thread.
package enum SubjectObject: String, Sendable {
    case conversation, ticket, reminder, inquiry

    /// The payload's key that holds its id.
    package var idField: String {
        switch self {
        case .conversation: "conversation_id"
        case .ticket: "ticket_id"
        case .reminder: "reminder_id"
        case .inquiry: "inquiry_id"
        }
    }
}

extension EventKind {
    /// What the kind is about. An assignment of a conversation and a note in it are about the same object.
    package var object: SubjectObject {
        switch self {
        case .assignedConversation, .conversationNote: .conversation
        case .assignedTicket: .ticket
        case .assignedReminder: .reminder
        case .assignedInquiry: .inquiry
        }
    }
}
