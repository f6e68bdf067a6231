import Foundation
import Hummingbird

/// A JSON body that no cache keeps.
func jsonResponse(
    _ status: HTTPResponse.Status, _ body: some Encodable, contentType: String = "application/json"
) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(body) else {
        // Unreachable with bodies of text, numbers and booleans; a response all the same, never a crash.
        return Response(status: .internalServerError)
    }
    let headers: HTTPFields = [
        .contentType: contentType, .cacheControl: "no-store", .contentLength: String(data.count),
    ]
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: data)))
}
