extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    var inMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }

    /// For log lines: seconds to the tenth, such as `17.9 s`.
    package var logText: String {
        let tenths = Int64((inSeconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
