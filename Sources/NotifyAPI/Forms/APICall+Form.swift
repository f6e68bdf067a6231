import Hummingbird

extension APICall {
    /// The body's fields, sent as a form of either encoding.
    ///
    /// - Parameter limit: The body's octets at most.
    func form(upTo limit: Int) async throws -> [FormField] {
        guard let type = request.headers[.contentType].flatMap({ HeaderValue($0) }) else { throw Self.unsupportedForm }
        let read: ([UInt8]) -> [FormField]?
        switch type.text {
        case "application/x-www-form-urlencoded": read = URLEncodedForm.fields
        case "multipart/form-data":
            let boundary = type.parameters["boundary"] ?? ""
            read = { MultipartForm.fields(in: $0, boundary: boundary) }
        default: throw Self.unsupportedForm
        }
        guard let fields = read(try await body(upTo: limit)) else {
            throw Problem(status: .badRequest, code: .invalidForm, detail: "The body is no form of its content type.")
        }
        return fields
    }

    private static var unsupportedForm: Problem {
        let types = "application/x-www-form-urlencoded, multipart/form-data"
        return Problem(
            status: .unsupportedMediaType, code: .unsupportedMediaType, detail: "Send the body as one of \(types).",
            headers: [.accept: types])
    }
}
