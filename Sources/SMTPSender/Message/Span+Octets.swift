extension Span<UInt8> {
    func begins(with prefix: StaticString, at start: Int) -> Bool {
        guard count - start >= prefix.utf8CodeUnitCount else { return false }
        for offset in 0..<prefix.utf8CodeUnitCount where self[start + offset] != prefix.utf8Start[offset] {
            return false
        }
        return true
    }

    /// The prefix is in lower case; letters and hyphens only.
    func begins(withCaseFolded prefix: StaticString) -> Bool {
        guard count >= prefix.utf8CodeUnitCount else { return false }
        for offset in 0..<prefix.utf8CodeUnitCount where self[offset] | 0x20 != prefix.utf8Start[offset] {
            return false
        }
        return true
    }
}
