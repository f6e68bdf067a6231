import Templates

/// The payloads of docs/sql.md, written out again: producers rely on them, so the templates may not drift.
enum Contract {
    static let kinds: [KindContract] = [
        KindContract(
            kind: "assigned_conversation", required: ["conversation_id", "subject", "url"],
            optional: ["assigned_by", "customer", "preview"]),
        KindContract(
            kind: "assigned_ticket", required: ["ticket_id", "subject", "url"],
            optional: ["assigned_by", "priority", "due_at", "preview"]),
        KindContract(
            kind: "conversation_note", required: ["conversation_id", "note_id", "subject", "author", "note", "url"],
            optional: []),
        KindContract(
            kind: "assigned_reminder", required: ["reminder_id", "title", "url"],
            optional: ["due_at", "assigned_by", "note"]),
        KindContract(
            kind: "assigned_inquiry", required: ["inquiry_id", "subject", "url"],
            optional: ["assigned_by", "customer", "message"]),
    ]

    static let payloads = Dictionary(uniqueKeysWithValues: kinds.map { ($0.kind, $0) })
}
