/// The payloads of docs/sql.md, written out again: producers rely on them, so the templates may not drift.
enum Contract {
    struct Payload {
        let required: Set<String>
        let optional: Set<String>
    }

    static let payloads: [String: Payload] = [
        "assigned_conversation": Payload(
            required: ["conversation_id", "subject", "url"], optional: ["assigned_by", "customer", "preview"]),
        "assigned_ticket": Payload(
            required: ["ticket_id", "subject", "url"], optional: ["assigned_by", "priority", "due_at", "preview"]),
        "conversation_note": Payload(
            required: ["conversation_id", "note_id", "subject", "author", "note", "url"], optional: []),
        "assigned_reminder": Payload(
            required: ["reminder_id", "title", "url"], optional: ["due_at", "assigned_by", "note"]),
        "assigned_inquiry": Payload(
            required: ["inquiry_id", "subject", "url"], optional: ["assigned_by", "customer", "message"]),
    ]
}
