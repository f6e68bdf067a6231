import Hummingbird

extension Response {
    static func json(
        _ status: HTTPResponse.Status, _ body: [UInt8], contentType: String = "application/json"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: contentType, .contentLength: String(body.count)],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func json(_ status: HTTPResponse.Status, _ members: (inout JSONWriter) -> Void) -> Response {
        json(status, JSONWriter.object(members))
    }

    static var noContent: Response { Response(status: .noContent) }
}
