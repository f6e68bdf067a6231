import Foundation
import Hummingbird
import Logging

/// The reference for the API's figures: Hummingbird alone, giving the same bytes on one route for every method that is
/// measured.
///
///     bench-bare-server PORT BODY_FILE
@main
struct BareServer {
    static func main() async throws {
        guard CommandLine.arguments.count == 3, let port = Int(CommandLine.arguments[1]),
            let body = FileManager.default.contents(atPath: CommandLine.arguments[2])
        else {
            FileHandle.standardError.write(Data("usage: bench-bare-server PORT BODY_FILE\n".utf8))
            exit(64)
        }
        let buffer = ByteBuffer(bytes: body)
        let answer: @Sendable (Request, BasicRequestContext) async throws -> Response = { request, _ in
            _ = try await request.body.collect(upTo: 1_048_576)
            return Response(
                status: .ok, headers: [.contentType: "application/json", .contentLength: "\(buffer.readableBytes)"],
                body: .init(byteBuffer: buffer))
        }
        let router = Router()
        router.get("/", use: answer)
        router.patch("/", use: answer)
        var logger = Logger(label: "bench")
        logger.logLevel = .warning
        try await Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: logger
        )
        .runService()
    }
}
