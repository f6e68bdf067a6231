import PostgresClient

extension Statement {
    /// - Parameter file: one of a `Statements/` folder, embedded by the build.
    init(name: String, file: [UInt8]) {
        self.init(name: name, sql: String(decoding: file, as: UTF8.self))
    }
}
