package import Templates

/// What a payload of one kind must and may hold: the Swift twin of what `notify.enqueue` checks.
///
/// It is checked again at delivery because a row can be older than the rule, restored from a copy, or written by hand.
/// It never refuses what `enqueue` lets in. An optional value may be empty, which counts as absent.
package struct PayloadSchema: Sendable {
    package enum ValueType: Sendable {
        case text, timestamp, url
    }

    package struct Field: Sendable {
        package let name: String
        package let isRequired: Bool
        package let type: ValueType
    }

    package let fields: [Field]

    private init(required: [String], optional: [String] = []) {
        fields =
            required.map { Field(name: $0, isRequired: true, type: Self.type(of: $0)) }
            + optional.map { Field(name: $0, isRequired: false, type: Self.type(of: $0)) }
    }

    private static func type(of name: String) -> ValueType {
        switch name {
        case "due_at": .timestamp
        case "url": .url
        default: .text
        }
    }

    /// The first thing wrong with a payload: by the order of the fields, then unknown keys by name.
    package func problem(in payload: [String: String]) -> PayloadProblem? {
        var known = 0
        for field in fields {
            guard let value = payload[field.name] else {
                if field.isRequired { return .missing(field: field.name) }
                continue
            }
            known += 1
            if value.isEmpty {
                if field.isRequired { return .empty(field: field.name) }
                continue
            }
            switch field.type {
            case .text: break
            case .timestamp: if ZonedTimestamp(iso8601: value) == nil { return .badTimestamp(field: field.name) }
            case .url: if !WebLink.isValid(value) { return .badURL(field: field.name) }
            }
        }
        guard known < payload.count else { return nil }
        let names = Set(fields.map(\.name))
        return payload.keys.filter { !names.contains($0) }.min().map { .unknownKey($0) }
    }

    package static func of(_ kind: EventKind) -> PayloadSchema {
        switch kind {
        case .assignedConversation: assignedConversation
        case .assignedTicket: assignedTicket
        case .conversationNote: conversationNote
        case .assignedReminder: assignedReminder
        case .assignedInquiry: assignedInquiry
        }
    }

    private static let assignedConversation = PayloadSchema(
        required: ["conversation_id", "subject", "url"], optional: ["assigned_by", "customer", "preview"])
    private static let assignedTicket = PayloadSchema(
        required: ["ticket_id", "subject", "url"], optional: ["assigned_by", "priority", "due_at", "preview"])
    private static let conversationNote = PayloadSchema(
        required: ["conversation_id", "note_id", "subject", "author", "note", "url"])
    private static let assignedReminder = PayloadSchema(
        required: ["reminder_id", "title", "url"], optional: ["due_at", "assigned_by", "note"])
    private static let assignedInquiry = PayloadSchema(
        required: ["inquiry_id", "subject", "url"], optional: ["assigned_by", "customer", "message"])
}

extension KindContract {
    /// One for each kind that producers may enqueue.
    package static let events: [KindContract] = EventKind.allCases.map { kind in
        let fields = PayloadSchema.of(kind).fields
        return KindContract(
            kind: kind.rawValue, required: Set(fields.filter(\.isRequired).map(\.name)),
            optional: Set(fields.filter { !$0.isRequired }.map(\.name)))
    }
}
