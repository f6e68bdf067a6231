import Foundation
import HTTPTypes
import Testing

@testable import NotifyAPI

@Suite("Taking members of an object")
struct ObjectReaderTests {
    private func reader(_ json: String) throws -> ObjectReader {
        try ObjectReader(JSONParser.parse(Array(json.utf8)))
    }

    @Test("Members come with their types; null counts as absent")
    func types() throws {
        var reader = try reader(
            #"{"s":"é","b":true,"i":-7,"u":"20000000-0000-4000-8000-00000000000A","n":null,"v":[1]}"#)
        #expect(try reader.string("s") == "é")
        #expect(try reader.bool("b") == true)
        #expect(try reader.integer("i", in: -10...10) == -7)
        #expect(try reader.uuid("u") == UUID(uuidString: ada))
        #expect(try reader.string("n") == nil)
        #expect(try reader.bool("absent") == nil)
        #expect(reader.value("v") != nil)
        try reader.finish()
    }

    @Test("What is missing is refused by its name", arguments: [#"{}"#, #"{"s":null}"#])
    func missing(json: String) throws {
        var reader = try reader(json)
        let problem = #expect(throws: Problem.self) { try reader.requiredString("s") }
        #expect(problem?.code == .missingField)
        #expect(problem?.field == "s")
    }

    @Test("Another type is refused with what it is, never with the value", arguments: ["1", "true", "[]", "{}"])
    func wrongType(value: String) throws {
        var reader = try reader(#"{"s":\#(value)}"#)
        let problem = #expect(throws: Problem.self) { try reader.string("s") }
        #expect(problem?.code == .invalidValue)
        #expect(problem?.status.code == 422)
        #expect(problem?.field == "s")
    }

    @Test(
        "Only a whole number within the bounds is one",
        arguments: ["59", "86401", "60.0", "1e2", "\"60\"", "true", "99999999999999999999", "-60", "[]"])
    func integers(value: String) throws {
        var reader = try reader(#"{"i":\#(value)}"#)
        #expect(throws: Problem.self) { try reader.integer("i", in: 60...86_400) }
    }

    @Test("A member that nobody took is refused; of several the first by name, cut to 63 characters")
    func leftOver() throws {
        let long = String(repeating: "b", count: 100)
        let problem = #expect(throws: Problem.self) { try reader(#"{"z":1,"\#(long)":2}"#).finish() }
        #expect(problem?.code == .unknownField)
        #expect(problem?.field == String(repeating: "b", count: 63))
    }

    @Test("A name is cut by Unicode scalars: one character with 500 KB of combining marks does not come back whole")
    func combiningMarks() throws {
        let name = "a" + String(repeating: "\u{301}", count: 250_000)
        let problem = #expect(throws: Problem.self) { try reader(#"{"\#(name)":1}"#).finish() }
        #expect(problem?.field?.unicodeScalars.count == 63)
        let fault = #expect(throws: JSONFault.self) { try reader(#"{"\#(name)":x}"#) }
        #expect(fault?.path.field.unicodeScalars.count == 63)
    }

    @Test("What is no object is refused as the body itself", arguments: ["[]", "null", "1", "\"x\"", "true"])
    func noObject(json: String) {
        let problem = #expect(throws: Problem.self) { try reader(json) }
        #expect(problem?.code == .invalidValue)
        #expect(problem?.field == nil)
    }
}
