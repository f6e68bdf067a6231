import DevPostgres

/// A database that is prepared once in a test process and then copied for each test, which takes a fraction of the time
/// that its migrations do.
package struct DatabaseTemplate: Sendable {
    let name: String
    let prepare: @Sendable (_ conninfo: String) throws -> Void

    /// - Parameters:
    ///   - name: One name, one preparation: letters, digits and underscores.
    ///   - prepare: Runs once, on a thread of its own, with a connection string for the superuser. It must have closed its
    ///     connections when it returns.
    package init(_ name: String, prepare: @escaping @Sendable (_ conninfo: String) throws -> Void) {
        precondition(name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }, "a plain name")
        self.name = name
        self.prepare = prepare
    }

    /// A database with nothing in it.
    package static let empty = DatabaseTemplate("empty") { _ in }
}

/// Prepares each template once, however many tests want it at the same time.
actor TemplateStore {
    static let shared = TemplateStore()

    private var prepared: [String: Task<String, any Error>] = [:]

    /// The name of the database to copy.
    func database(for template: DatabaseTemplate) async throws -> String {
        if let known = prepared[template.name] { return try await known.value }
        let task = Task {
            let database = "template_\(template.name)"
            let server = try await TestServer.shared()
            try await TestServer.administer("create database \"\(database)\"")
            try await onThread { try template.prepare(server.conninfo(database: database)) }
            // A connection to it would make every copy fail.
            try await TestServer.administer(
                "alter database \"\(database)\" with is_template true allow_connections false")
            return database
        }
        prepared[template.name] = task
        return try await task.value
    }
}
