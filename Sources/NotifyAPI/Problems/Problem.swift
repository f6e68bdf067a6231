import Hummingbird

/// An error as the caller sees it: problem details (RFC 9457) with `code`, which programs go by, and the `field` and
/// `index` that it is about. Says what was wrong and what to do, and never repeats a value.
struct Problem: Error, Sendable {
    let status: HTTPResponse.Status
    let code: ProblemCode
    let detail: String
    var field: String?
    /// Of the event in a batch, from 0.
    var index: Int?
    var headers: HTTPFields = [:]

    /// `type` is `about:blank`: `code` says more than a page would (RFC 9457 §4.2.1).
    func body(requestID: String) -> [UInt8] {
        JSONWriter.object { json in
            json.member("type", "about:blank")
            json.member("title", status.reasonPhrase.isEmpty ? "Error" : status.reasonPhrase)
            json.member("status", status.code)
            json.member("code", code.rawValue)
            json.member("detail", detail)
            if let field { json.member("field", field) }
            if let index { json.member("index", index) }
            json.member("request_id", requestID)
        }
    }

    func response(requestID: String) -> Response {
        var response = Response.bytes(status, body(requestID: requestID), contentType: "application/problem+json")
        for field in headers { response.headers[field.name] = field.value }
        return response
    }
}

extension Problem {
    static func missing(at path: JSONPath) -> Problem {
        Problem(
            status: .unprocessableContent, code: .missingField, detail: "\(path.field) is missing", field: path.field,
            index: path.index)
    }

    static func invalid(_ what: String, at path: JSONPath) -> Problem {
        let subject = path.field.isEmpty ? "the body" : path.field
        return Problem(
            status: .unprocessableContent, code: .invalidValue, detail: "\(subject) \(what)",
            field: path.field.isEmpty ? nil : path.field, index: path.index)
    }

    static func unknownField(at path: JSONPath) -> Problem {
        Problem(
            status: .unprocessableContent, code: .unknownField, detail: "\(path.field) is no field of this request",
            field: path.field, index: path.index)
    }

    static func bodyTooLarge(_ limit: Int) -> Problem {
        Problem(
            status: .contentTooLarge, code: .tooLarge, detail: "The body is larger than \(limit) octets.")
    }

    static func notFound(_ what: String = "There is nothing here.") -> Problem {
        Problem(status: .notFound, code: .notFound, detail: what)
    }

    static var unknownUser: Problem { .notFound("No user has this id.") }
}

extension Problem {
    init(_ fault: JSONFault) {
        let subject = fault.path.field.isEmpty ? "the body" : fault.path.field
        self.init(
            status: .badRequest, code: .invalidJSON, detail: "\(subject) \(fault.reason) (at octet \(fault.offset))",
            field: fault.path.field.isEmpty ? nil : fault.path.field, index: fault.path.index)
    }
}
