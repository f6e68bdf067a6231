import Foundation

/// An SMTP server that others wrote, running on a free loopback port without being installed.
///
/// Made by `postfix`, `exim`, `openSMTPD`, `smtpSink` or `aiosmtpd`. Fetches the servers first when
/// `scripts/real-servers` was not run yet. Nothing is left running, also when a test fails or crashes: each server
/// ends when this process does.
package final class RealServer: Sendable {
    package let name: String
    package let port: Int
    private let process: ServerProcess
    private let folder: TemporaryFolder
    private let keepsMails: Bool

    /// What a server needs to be started.
    struct Plan {
        let name: String
        let needsRoot: Bool
        var keepsMails = true
        var implicitTLS = false
        /// Writes configuration into the folder and gives the command.
        let prepare: (_ folder: TemporaryFolder, _ port: Int) throws -> [String]
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Why Postfix's smtpd, Exim and OpenSMTPD cannot run here, or nil when they can. For `.enabled(if:)` with this as
    /// its comment.
    package static let whyNotRootServers: String? =
        getuid() == 0 ? nil : "Postfix, Exim and OpenSMTPD must be started by root"

    private init(name: String, port: Int, process: ServerProcess, folder: TemporaryFolder, keepsMails: Bool) {
        self.name = name
        self.port = port
        self.process = process
        self.folder = folder
        self.keepsMails = keepsMails
    }

    static func start(_ plan: Plan) async throws -> RealServer {
        if plan.needsRoot, let reason = whyNotRootServers { throw Failure(description: reason) }
        try await Command.run(Checkout.script("real-servers"))
        let folder = try TemporaryFolder()
        do {
            let port = try LoopbackPort.free()
            let command = try plan.prepare(folder, port)
            let log = folder.url.appending(path: "server.log")
            let process = try await onThread { try ServerProcess(command[0], Array(command.dropFirst()), log: log) }
            let isReady = try await LoopbackPort.waitForGreeting(
                on: port,
                implicitTLS: plan.implicitTLS,
                within: .seconds(30),
                isAlive: { process.isAlive }
            )
            guard isReady else {
                await process.stop()
                let said = try String(decoding: Data(contentsOf: log), as: UTF8.self)
                throw Failure(description: "\(plan.name) did not greet on port \(port):\n\(said)")
            }
            return RealServer(
                name: plan.name,
                port: port,
                process: process,
                folder: folder,
                keepsMails: plan.keepsMails
            )
        } catch {
            folder.remove()
            throw error
        }
    }

    /// Runs `body` with the server and stops it whatever happens.
    package static func with<Result: Sendable>(
        _ start: @Sendable () async throws -> RealServer,
        _ body: (RealServer) async throws -> Result
    ) async throws -> Result {
        let server = try await start()
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    /// The raw octets of what arrived, oldest first, with the trace header that the server put on top. Postfix, Exim
    /// and OpenSMTPD store LF line ends.
    package func deliveredMails() throws -> [[UInt8]] {
        guard keepsMails else { throw Failure(description: "\(name) keeps no mails") }
        let root = folder.url.appending(path: "mail")
        guard let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else { return [] }
        var found: [(modified: Date, name: String, url: URL)] = []
        for case let url as URL in files where isDelivered(url) {
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path(percentEncoded: false))
            guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
            found.append((attributes[.modificationDate] as? Date ?? .distantPast, url.lastPathComponent, url))
        }
        found.sort { ($0.modified, $0.name) < ($1.modified, $1.name) }
        return try found.map { [UInt8](try Data(contentsOf: $0.url)) }
    }

    /// Waits until at least `count` mails arrived: servers deliver after their 250. Looks every 20 ms.
    package func deliveredMails(count: Int, within limit: Duration = .seconds(30)) async throws -> [[UInt8]] {
        let deadline = ContinuousClock.now + limit
        while true {
            let mails = try deliveredMails()
            if mails.count >= count { return mails }
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    description: "\(mails.count) of \(count) mails at \(name) within \(limit)\n\(try logText())")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What the server wrote into its log.
    package func logText() throws -> String {
        let names = ["server.log", "mail.log", "mainlog", "paniclog"]
        return names.compactMap { try? String(contentsOf: folder.url.appending(path: $0), encoding: .utf8) }
            .joined(separator: "\n")
    }

    package func stop() async {
        await process.stop()
        folder.remove()
    }

    /// In a maildir `tmp` holds what is still being written.
    private func isDelivered(_ url: URL) -> Bool {
        let parent = url.deletingLastPathComponent().lastPathComponent
        return parent == "new" || parent == "mail"
    }
}
