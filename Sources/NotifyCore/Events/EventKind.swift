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
