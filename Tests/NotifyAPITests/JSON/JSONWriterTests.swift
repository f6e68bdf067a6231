import Foundation
import NotifyCore
import Testing

@testable import NotifyAPI

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test("Objects and arrays nest, with commas where they belong")
    func nesting() {
        let bytes = JSONWriter.object { json in
            json.name("a")
            json.array([1, 2]) { json, number in json.object { $0.member("n", number) } }
            json.name("none")
            json.array([Int]()) { $0.raw("\($1)") }
            json.member("flag", false)
            json.name("o")
            json.object { _ in }
            json.member("id", Int64?.none)
            json.member("at", Moment(microseconds: 0))
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"a":[{"n":1},{"n":2}],"none":[],"flag":false,"o":{},"id":null,"at":"1970-01-01T00:00:00.000Z"}"#)
    }

    @Test("Any text comes back as it was, from another parser too")
    func texts() throws {
        var text = "\"\\/\u{8}\u{7F}\u{2028}é😀\r\n\t</script>"
        for code in 0..<0x20 { text.unicodeScalars.append(Unicode.Scalar(UInt8(code))) }
        let bytes = JSONWriter.object { $0.member(text, text) }
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: String]
        #expect(object == [text: text])
    }
}
