/// One SQL statement with its parameters written as `$1`, `$2` and so on.
///
/// With a name it is prepared once for each connection, at its first use there, with the parameter types of that use;
/// without one it is parsed and planned each time. A name stands for one text: a second text under it is refused.
package struct Statement: Sendable, Hashable {
    /// Empty for a statement that is never prepared. At most 50 bytes, or the server would cut it (NAMEDATALEN).
    package let name: String
    package let sql: String

    package init(name: String, sql: String) {
        precondition(name.utf8.count <= 50, "A statement's name has at most 50 bytes: \(name)")
        self.name = name
        self.sql = sql
    }

    /// A statement for one use, not prepared.
    package init(_ sql: String) {
        self.name = ""
        self.sql = sql
    }
}
