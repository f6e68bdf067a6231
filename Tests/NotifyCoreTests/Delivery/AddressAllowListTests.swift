import NotifyCore
import Testing

@Suite("The list of addresses that may get mail here")
struct AddressAllowListTests {
    @Test(
        "A domain pattern takes its domain, an address itself",
        arguments: [
            ("jane@example.com", true), ("JANE@EXAMPLE.COM", true), ("joe@staging.example", true),
            ("JOE@Staging.Example", true), ("ann@staging.example", false), ("jane@sub.example.com", false),
            ("jane@example.com.evil.example", false), ("\"a@example.com\"@evil.example", false), ("example.com", false),
            ("", false),
        ])
    func contains(_ address: String, _ isAllowed: Bool) throws {
        let list = try AddressAllowList(parsing: " *@Example.com , joe@staging.example")
        #expect(list.contains(address) == isAllowed)
    }

    @Test(
        "A pattern that says nothing clear is refused",
        arguments: [
            "", "a@b.example,", "example.com", "*", "*@*", "*@", "@example.com", "j*@example.com", "a b@c.example",
            "a@b@c",
        ])
    func refuse(_ text: String) {
        #expect(throws: InvalidSetting.self) { try AddressAllowList(parsing: text) }
    }
}
