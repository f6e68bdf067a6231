import Testing

@testable import NotifyAPI

@Suite("Entity tags")
struct EntityTagTests {
    static let expectations: [([String], EntityTag.Expectation)] = [
        ([], .any), (["*"], .any), ([" * "], .any), (["\"7\""], .version(7)), (["\t\"7\" "], .version(7)),
        (["W/\"7\""], .none), (["7"], .none), (["\"\""], .none), (["\"x\""], .none), (["\""], .none),
        (["\"99999999999999999999\""], .none), (["\"7"], .none), (["\"+7\""], .none), (["\"07\""], .none),
    ]

    @Test("If-Match is compared strongly: only our own tag in quotes names a version", arguments: expectations.indices)
    func expectation(index: Int) throws {
        let (fields, expected) = Self.expectations[index]
        #expect(try EntityTag.expectation(fields) == expected)
    }

    @Test(
        "More than one tag in If-Match is refused, and none",
        arguments: [[""], [" , "], ["\"1\", \"2\""], ["\"1\"", "\"1\""], ["*, \"1\""]])
    func several(fields: [String]) {
        #expect(throws: Problem.self) { try EntityTag.expectation(fields) }
    }

    static let matches: [([String], Bool)] = [
        ([], false), (["*"], true), (["\"7\""], true), (["W/\"7\""], true), (["\"6\", \"7\""], true),
        (["\"6\"", "W/\"7\""], true), (["\"6\""], false), (["7"], false), (["\"07\""], false),
    ]

    @Test("If-None-Match is compared weakly, with each tag of the list", arguments: matches.indices)
    func isMatched(index: Int) {
        let (fields, expected) = Self.matches[index]
        #expect(EntityTag(version: 7).isMatched(by: fields) == expected)
    }
}
