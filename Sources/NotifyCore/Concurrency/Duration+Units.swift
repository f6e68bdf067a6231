extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    var inMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }

    /// From one time (µs) to another, either of which may be PostgreSQL's infinity.
    static func between(_ start: Int64, _ end: Int64) -> Duration {
        let (difference, isOverflown) = end.subtractingReportingOverflow(start)
        return .microseconds(isOverflown ? (end > start ? Int64.max : Int64.min) : difference)
    }

    /// For log lines: seconds to the tenth, such as `17.9 s`.
    package var logText: String {
        let tenths = Int64((inSeconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
