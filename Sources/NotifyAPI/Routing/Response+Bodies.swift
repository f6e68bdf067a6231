import Hummingbird

extension Response {
    static func bytes(_ status: HTTPResponse.Status, _ body: [UInt8], contentType: String) -> Response {
        Response(
            status: status, headers: [.contentType: contentType, .contentLength: String(body.count)],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func json(_ status: HTTPResponse.Status, _ members: (inout JSONWriter) -> Void) -> Response {
        bytes(status, JSONWriter.object(members), contentType: "application/json")
    }

    static var noContent: Response { Response(status: .noContent) }
}
