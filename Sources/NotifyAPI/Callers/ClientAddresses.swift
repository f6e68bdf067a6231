import HTTPTypes
import Hummingbird
import NIOCore

/// Where a request comes from. `X-Forwarded-For` counts only as far as trusted proxies wrote it: read from its end, the
/// first address that is no proxy of ours is the client; anyone can put more in front of it.
package struct ClientAddresses: Sendable {
    private let proxies: [AddressRange]

    package init(trusting proxies: [AddressRange] = []) {
        self.proxies = proxies
    }

    /// Without a port. `unknown` where the connection has no address.
    func address(of request: Request, from peer: SocketAddress?) -> String {
        guard let peer = peer?.ipAddress else { return "unknown" }
        var client = peer
        guard isTrusted(client) else { return client }
        let hops = request.headers[values: .xForwardedFor].joined(separator: ",").split(separator: ",")
        for hop in hops.reversed() {
            guard let address = Self.bareAddress(hop) else { return client }
            client = address
            guard isTrusted(client) else { return client }
        }
        return client
    }

    private func isTrusted(_ address: String) -> Bool {
        proxies.contains { $0.contains(address) }
    }

    /// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::7` or `[2001:db8::7]:4711`; nil for what is no address.
    private static func bareAddress(_ hop: Substring) -> String? {
        var text = hop.trimmingFieldSpace()
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            text = text[text.index(after: text.startIndex)..<end]
        } else if let colon = text.firstIndex(of: ":"), text[text.index(after: colon)...].allSatisfy(\.isWholeNumber),
            text[..<colon].contains(".")
        {
            text = text[..<colon]
        }
        let address = String(text)
        guard (try? SocketAddress(ipAddress: address, port: 0)) != nil else { return nil }
        return address
    }
}
