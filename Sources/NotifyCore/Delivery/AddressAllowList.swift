/// The addresses that may get mail from here (`NOTIFY_MAIL_ALLOW`): set on staging and on restored copies.
///
/// Exact addresses, and `*@example.com` for a whole domain (not its subdomains). Compared without regard to case, as
/// the directory compares addresses.
package struct AddressAllowList: Sendable, Hashable {
    private let addresses: Set<String>
    private let domains: Set<String>

    /// Reads comma-separated patterns. An empty list is refused: it reads like "nobody" to one and "anybody" to another.
    package init(parsing text: String) throws(InvalidSetting) {
        var addresses: Set<String> = []
        var domains: Set<String> = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pattern = entry.trimmingSpaces().lowercased()
            let parts = pattern.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !parts[1].contains("*"),
                !pattern.contains(where: \.isWhitespace), parts[0] == "*" || !parts[0].contains("*")
            else {
                let found = pattern.isEmpty ? "an empty entry" : "“\(pattern)”"
                throw InvalidSetting(
                    "\(found) is neither an address nor *@ and a domain", example: "*@example.com,jane@example.org")
            }
            if parts[0] == "*" { domains.insert(String(parts[1])) } else { addresses.insert(pattern) }
        }
        self.addresses = addresses
        self.domains = domains
    }

    package func contains(_ address: String) -> Bool {
        let address = address.lowercased()
        guard let at = address.lastIndex(of: "@") else { return false }
        return domains.contains(String(address[address.index(after: at)...])) || addresses.contains(address)
    }
}
