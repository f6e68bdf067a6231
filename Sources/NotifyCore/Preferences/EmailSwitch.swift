/// The five e-mail switches of a user. All are on for a new user. The raw value is the name in SQL and HTTP.
package enum EmailSwitch: String, Sendable, CaseIterable {
    case assignedConversations = "assigned_conversations"
    case assignedTickets = "assigned_tickets"
    case notesInAssignedConversations = "notes_in_assigned_conversations"
    case assignedReminders = "assigned_reminders"
    case assignedInquiries = "assigned_inquiries"

    /// The label in the product, in English.
    package var label: String {
        switch self {
        case .assignedConversations: "Assigned conversations"
        case .assignedTickets: "Assigned tickets"
        case .notesInAssignedConversations: "Notes in assigned conversations"
        case .assignedReminders: "Assigned reminders"
        case .assignedInquiries: "Assigned inquiries"
        }
    }
}
