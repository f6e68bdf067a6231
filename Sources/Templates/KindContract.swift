/// What the payloads of one kind must and may hold, as its producers are told. The templates must make do with it.
package struct KindContract: Sendable {
    package let kind: String
    package let required: Set<String>
    package let optional: Set<String>

    package init(kind: String, required: Set<String>, optional: Set<String>) {
        self.kind = kind
        self.required = required
        self.optional = optional
    }

    var names: Set<String> { required.union(optional) }
}
