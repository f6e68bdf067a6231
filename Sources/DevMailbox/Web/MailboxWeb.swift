struct MailboxWeb: Sendable {
    let port: Int
    let task: Task<Void, Never>
    static func start(port: Int, record: MailboxRecord) async throws -> MailboxWeb { MailboxWeb(port: port, task: Task {}) }
}
