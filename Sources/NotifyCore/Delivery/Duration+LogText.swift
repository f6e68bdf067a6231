import Threads

extension Duration {
    /// For log lines: seconds to the tenth, such as `17.9 s`.
    package var logText: String {
        let tenths = Int64((inSeconds * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10)) s"
    }
}
