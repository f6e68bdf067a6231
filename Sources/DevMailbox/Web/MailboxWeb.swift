import Hummingbird
import Logging
import NIOCore
import Synchronization

/// The page on which captured mails are read. Loopback only.
struct MailboxWeb: Sendable {
    let port: Int
    /// Serves until it is cancelled.
    let task: Task<Void, Never>

    static func start(port: Int, smtpPort: Int, record: MailboxRecord) async throws -> MailboxWeb {
        let (ports, bound) = AsyncThrowingStream.makeStream(of: Int.self)
        let application = Application(
            router: router(pages: MailboxPages(smtpPort: smtpPort), record: record),
            configuration: .init(address: .hostname(MailboxConfiguration.host, port: port), serverName: nil),
            onServerRunning: { channel in
                bound.yield(channel.localAddress?.port ?? 0)
                bound.finish()
            },
            logger: Logger(label: "dev-mailbox") { _ in SwiftLogNoOpLogHandler() }
        )
        let task = Task {
            do {
                try await application.run()
            } catch {
                bound.finish(throwing: error)
            }
        }
        for try await port in ports { return MailboxWeb(port: port, task: task) }
        throw CancellationError()
    }

    private static func router(pages: MailboxPages, record: MailboxRecord) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/") { _, _ in page(pages.list(record.state)) }
        router.get("/style.css") { _, _ in asset(MailboxAssets.style, "text/css; charset=utf-8") }
        router.get("/refresh.js") { _, _ in asset(MailboxAssets.refresh, "text/javascript; charset=utf-8") }
        router.get("/changes") { request, _ in
            let seen = request.uri.queryParameters.get("after", as: Int.self) ?? 0
            // Shorter than what browsers and proxies let an idle request live.
            let state = try? await record.wait(within: .seconds(25)) { $0.mailCount != seen }
            return asset("\(state?.mailCount ?? seen)", "text/plain; charset=utf-8")
        }
        for tab in MailTab.allCases {
            router.get("/mails/:id/\(tab.rawValue)") { _, context in
                page(pages.mail(try mail(context, record), tab: tab))
            }
        }
        router.get("/mails/:id") { _, context in
            let summary = try mail(context, record)
            let tab = summary.entity.text(ofType: "text/html") == nil ? MailTab.text : .html
            return page(pages.mail(summary, tab: tab))
        }
        router.get("/mails/:id/part.html") { _, context in
            framed(pages.framedHTML(try mail(context, record)))
        }
        router.get("/mails/:id/mail.eml") { _, context in
            let summary = try mail(context, record)
            var response = Response(status: .ok, body: .init(byteBuffer: ByteBuffer(bytes: summary.mail.content)))
            response.headers[.contentType] = "message/rfc822"
            response.headers[.contentDisposition] = "attachment; filename=\"mail-\(summary.mail.id).eml\""
            return response
        }
        return router
    }

    private static func mail(_ context: BasicRequestContext, _ record: MailboxRecord) throws -> MailSummary {
        let id = try context.parameters.require("id", as: Int.self)
        guard let mail = record.state.mails.last(where: { $0.id == id }) else {
            throw HTTPError(.notFound, message: "No mail \(id) is kept here")
        }
        return MailSummary(mail)
    }

    private static func page(_ html: String) -> Response {
        respond(
            html,
            type: "text/html; charset=utf-8",
            policy: "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
                + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
    }

    /// A mail's HTML: no script, nothing from elsewhere, whatever the mail says.
    private static func framed(_ html: String) -> Response {
        respond(
            html,
            type: "text/html; charset=utf-8",
            policy: "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
                + "base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
        )
    }

    private static func asset(_ text: String, _ type: String) -> Response {
        respond(text, type: type, policy: "default-src 'none'")
    }

    private static func respond(_ text: String, type: String, policy: String) -> Response {
        var response = Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: text)))
        response.headers[.contentType] = type
        response.headers[.contentSecurityPolicy] = policy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
