import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import NotifyAPI

@Suite("Where a request comes from")
struct ClientAddressTests {
    static let ranges: [(range: String, address: String, contains: Bool)] = [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("192.168.4.0/22", "192.168.7.255", true), ("192.168.4.0/22", "192.168.8.0", false),
        ("192.168.5.6/22", "192.168.4.1", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("::1", "0:0:0:0:0:0:0:1", true),
        ("127.0.0.0/8", "::ffff:127.0.0.1", true), ("::ffff:10.0.0.1", "10.0.0.1", true), ("::/0", "10.0.0.1", false),
        ("10.0.0.1/32", "10.0.0.1", true), ("10.0.0.0/8", "x", false),
    ]

    @Test("A range contains the addresses of its network and no others", arguments: ranges.indices)
    func contains(index: Int) throws {
        let example = Self.ranges[index]
        let range = try #require(AddressRange(example.range))
        #expect(range.contains(example.address) == example.contains)
    }

    @Test(
        "What is no network is refused",
        arguments: [
            "", "x", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "::1/129", "10.0.0.0/ 8",
            "/8", "localhost",
        ])
    func noRange(text: String) {
        #expect(AddressRange(text) == nil)
    }

    static let clients: [(peer: String, forwarded: [String], client: String)] = [
        // Nobody whom we do not trust is believed.
        ("203.0.113.1", [], "203.0.113.1"), ("203.0.113.1", ["198.51.100.9"], "203.0.113.1"),
        // A trusted one is, from the end to the first that is not.
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"), ("10.0.0.1", ["6.6.6.6, 198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.9, 10.0.0.2"], "198.51.100.9"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.9,10.0.0.2"], "198.51.100.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"), ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", [""], "10.0.0.1"),
        // What is no address ends the way back.
        ("10.0.0.1", ["6.6.6.6, nonsense"], "10.0.0.1"), ("10.0.0.1", ["6.6.6.6, nonsense, 10.0.0.2"], "10.0.0.2"),
        // Ports and brackets.
        ("10.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"), ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"), ("10.0.0.1", ["[2001:db8::7"], "10.0.0.1"),
        ("::ffff:10.0.0.1", [" 198.51.100.9\t"], "198.51.100.9"),
    ]

    @Test("X-Forwarded-For counts as far as trusted proxies wrote it", arguments: clients.indices)
    func address(index: Int) throws {
        let example = Self.clients[index]
        let addresses = ClientAddresses(trusting: [try #require(AddressRange("10.0.0.0/8"))])
        var fields = HTTPFields()
        for value in example.forwarded { fields.append(HTTPField(name: .xForwardedFor, value: value)) }
        let head = HTTPRequest(method: .get, scheme: "http", authority: "x", path: "/", headerFields: fields)
        let request = Request(head: head, body: .init(buffer: ByteBuffer()))
        let peer = try SocketAddress(ipAddress: example.peer, port: 1)
        #expect(addresses.address(of: request, from: peer) == example.client)
    }

    @Test("A connection without an address has none to forward either")
    func unknown() {
        let head = HTTPRequest(
            method: .get, scheme: "http", authority: "x", path: "/", headerFields: [.xForwardedFor: "198.51.100.9"])
        let request = Request(head: head, body: .init(buffer: ByteBuffer()))
        #expect(ClientAddresses().address(of: request, from: nil) == "unknown")
    }
}
