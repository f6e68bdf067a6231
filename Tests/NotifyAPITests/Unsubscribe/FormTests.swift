import Testing

@testable import NotifyAPI

@Suite("Forms")
struct FormTests {
    static let urlencodedBodies: [(body: String, fields: [FormField]?)] = [
        ("a=b", [FormField(name: "a", value: "b")]),
        ("a=b&a=c+d%2Be", [FormField(name: "a", value: "b"), FormField(name: "a", value: "c d+e")]),
        ("a==b", [FormField(name: "a", value: "=b")]), ("%C3%A9=", [FormField(name: "é", value: "")]),
        ("", nil), ("a", nil), ("a=b&", nil), ("&a=b", nil), ("a=%", nil), ("a=%4", nil), ("a=%GG", nil),
        ("a=%FF", nil),
    ]

    @Test("A urlencoded body is read strictly", arguments: urlencodedBodies)
    func urlencoded(body: String, fields: [FormField]?) {
        #expect(URLEncodedForm.fields(in: Array(body.utf8)) == fields)
    }

    @Test("A urlencoded body that is not UTF-8 is refused")
    func notText() {
        #expect(URLEncodedForm.fields(in: [0x61, 0x3D, 0xFF]) == nil)
    }

    private static let head = "Content-Disposition: form-data; name=\"a\"\r\n"
    static let multipartBodies: [(body: String, fields: [FormField]?)] = [
        ("--x\r\n\(head)\r\nb\r\n--x--", [FormField(name: "a", value: "b")]),
        (
            "--x\r\n\(head)Content-Type: text/plain\r\n\r\n\r\nb\r\n\r\n--x--\r\n",
            [FormField(name: "a", value: "\r\nb\r\n")]
        ),
        (
            "--x\r\ncontent-disposition:form-data;name=a\r\n\r\n\r\n--x\r\n\(head)\r\nb--x\r\n--x--",
            [FormField(name: "a", value: ""), FormField(name: "a", value: "b--x")]
        ),
        ("", nil), ("--x--", nil), ("--x--\r\n", nil), ("--x\r\n--x--", nil), ("--x\r\n\r\nb\r\n--x--", nil),
        ("--x\r\n\(head)\r\nb", nil), ("--x\r\n\(head)\r\nb\r\n--x", nil), ("--x\r\n\(head)\r\nb\r\n--x--more", nil),
        ("before\r\n--x\r\n\(head)\r\nb\r\n--x--", [FormField(name: "a", value: "b")]),
        ("\r\n--x \r\n\(head)\r\nb\r\n--x-- \t\r\nafter\r\n", [FormField(name: "a", value: "b")]),
        ("before--x\r\n\(head)\r\nb\r\n--x--", nil), ("--x\n\(head)\nb\n--x--", nil),
        ("--xy\r\n\(head)\r\nb\r\n--xy--", nil), ("--x\r\n\(head)b\r\n--x--", nil),
        ("--x\r\n\(head)\(head)\r\nb\r\n--x--", nil), ("--x\r\nno field\r\n\r\nb\r\n--x--", nil),
        ("--x\r\nContent-Disposition: attachment; name=a\r\n\r\nb\r\n--x--", nil),
        ("--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\nb\r\n--x--", nil),
        ("--x\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n--x--", nil),
    ]

    @Test("A multipart body is read strictly", arguments: multipartBodies)
    func multipart(body: String, fields: [FormField]?) {
        #expect(MultipartForm.fields(in: Array(body.utf8), boundary: "x") == fields)
    }

    @Test(
        "A boundary has 1 to 70 characters of those allowed",
        arguments: ["", "a ", "é", "a\r\nb", String(repeating: "x", count: 71)])
    func badBoundary(boundary: String) {
        #expect(
            MultipartForm.fields(
                in: Array("--\(boundary)\r\n\(Self.head)\r\nb\r\n--\(boundary)--".utf8), boundary: boundary) == nil)
    }

    static let values: [(field: String, text: String, parameters: [String: String])] = [
        ("Multipart/Form-Data; BOUNDARY=aB", "multipart/form-data", ["boundary": "aB"]),
        (#"a/b ;x="1;\"2" ; y=3;"#, "a/b", ["x": #"1;"2"#, "y": "3"]), ("a/b", "a/b", [:]), ("", "", [:]),
    ]

    @Test("A header field's value is split into its parts", arguments: values)
    func headerValue(field: String, text: String, parameters: [String: String]) throws {
        let value = try #require(HeaderValue(field))
        #expect(value.text == text)
        #expect(value.parameters == parameters)
    }

    @Test(
        "A value with faulty parameters is none",
        arguments: ["a; b", "a; b=\"c", "a; b=c; B=d", "a; =b", "a; b=\"c\"d"])
    func faultyValue(field: String) {
        #expect(HeaderValue(field) == nil)
    }

    @Test(
        "Languages come in the reader's order",
        arguments: [
            (["de"], ["de"]), (["en;q=0.1, de, fr;q=0.9"], ["de", "fr", "en"]),
            (["ja;q=0, *;q=0.1", "de"], ["de", "*"]),
            (["de;q=x,;;,fr"], ["fr"]), ([], []),
        ])
    func languages(fields: [String], tags: [String]) {
        #expect(AcceptedLanguages.tags(in: fields) == tags)
    }
}
