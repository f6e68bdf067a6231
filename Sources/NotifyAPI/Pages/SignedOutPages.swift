import Crypto
import Foundation
import HTTPTypes
import Hummingbird
package import Templates

/// The pages as answers. They hold no script and load nothing, and their policy says so to the browser.
package struct SignedOutPages: Sendable {
    private let pages: WebPages
    private let appURL: String?
    private let policy: String

    /// - Parameter appURL: Where the product is; nil where nobody said. Links come from settings, never from a request.
    package init(_ pages: WebPages, appURL: String?) {
        self.pages = pages
        self.appURL = appURL
        let hash = Data(SHA256.hash(data: Data(pages.style.utf8))).base64EncodedString()
        policy = """
            default-src 'none'; style-src 'sha256-\(hash)'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
            """
    }

    func response(_ status: HTTPResponse.Status, _ request: WebPageRequest) -> Response {
        var request = request
        request.appURL = appURL
        let page = pages.render(request)
        let body = ByteBuffer(string: page.html)
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentLength: String(body.readableBytes),
                .contentLanguage: page.locale, .contentSecurityPolicy: policy, .xRobotsTag: "noindex, nofollow",
            ],
            body: .init(byteBuffer: body))
    }
}

/// The languages of `Accept-Language` (RFC 9110 §12.5.4), best first.
enum AcceptedLanguages {
    /// More than anyone reads; the field comes from outside.
    private static let limit = 16

    static func tags(in fields: [String]) -> [String] {
        fields.flatMap { $0.split(separator: ",") }.prefix(limit)
            .compactMap { entry -> (tag: String, weight: Double)? in
                guard let value = HeaderValue(entry), !value.text.isEmpty else { return nil }
                let weight = value.parameters["q"].map { Double($0) ?? 0 } ?? 1
                return weight > 0 ? (value.text, weight) : nil
            }
            .enumerated()
            .sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
            .map(\.element.tag)
    }
}
