package import Foundation

/// A folder of a test's own that other users may enter (servers drop their privileges).
package struct TemporaryFolder: Sendable {
    package let url: URL
    package var path: String { url.path(percentEncoded: false) }

    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "notify-\(UUID().uuidString.prefix(13))")
        try FileManager.default.createDirectory(
            at: url,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755]
        )
    }

    package func remove() {
        try? FileManager.default.removeItem(at: url)
    }
}

/// Files that belong to the checkout.
package enum Checkout {
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    package static func script(_ name: String) -> String {
        root.appending(path: "scripts/\(name)").path(percentEncoded: false)
    }
}
