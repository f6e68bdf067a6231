/// The operating system refused a thread or a descriptor.
package struct SystemError: Error, CustomStringConvertible {
    /// The value of `errno`.
    package let code: Int32
    private let message: String

    init(code: Int32, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(message): errno \(code)" }
}
