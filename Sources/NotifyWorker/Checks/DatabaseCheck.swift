import NotifyCore
import PostgresClient

/// Whether the database can be reached and is ready for this program.
struct DatabaseCheck {
    let settings: DatabaseSettings

    func findings() -> [CheckFinding] {
        guard let url = settings.url else { return [] }
        let part = "database"
        let connection: PostgresConnection
        do {
            connection = try DatabaseSettings.connect(url, for: "check")
        } catch {
            return [Self.finding(part, error)]
        }
        var findings = [serverFinding(part, connection)]
        if connection.isReadOnly == true {
            findings.append(
                .wrong(
                    part, "the server is read-only, as a standby is",
                    mend: "Point NOTIFY_DATABASE_URL at the primary, or add target_session_attrs=read-write to it."))
        }
        if connection.isBehindPooler {
            findings.append(.ok(part, "the connection goes through a pooler: no prepared statements"))
        }
        do {
            findings.append(try migrationFinding(connection))
            if findings.allSatisfy({ $0.status != .wrong }) {
                findings += try rightsFindings(connection)
                findings += apiFindings()
                if let finding = try refusalFinding(connection) { findings.append(finding) }
            }
            // A standby refuses LISTEN, and is wrong as it is.
            if connection.isReadOnly != true {
                findings.append(NotificationCheck(settings: settings).finding(notifyingThrough: connection))
            }
        } catch let error as PostgresError {
            findings.append(Self.finding(part, error))
        } catch {
            findings.append(.wrong(part, "\(error)", mend: "Run: notify-worker migrate"))
        }
        return findings
    }

    private static func finding(_ part: String, _ error: PostgresError) -> CheckFinding {
        let failure = CommandFailure(error)
        let mend = failure.mend ?? "See the server's log."
        return failure.exit == .configuration
            ? .wrong(part, failure.message, mend: mend)
            : .unreachable(
                part, failure.message,
                mend: "Check that PostgreSQL runs there, and host, user, password and database in NOTIFY_DATABASE_URL.")
    }

    private func serverFinding(_ part: String, _ connection: PostgresConnection) -> CheckFinding {
        let (major, minor) = (connection.serverVersion / 10_000, connection.serverVersion % 10_000)
        guard major >= 14 else {
            return .wrong(part, "PostgreSQL \(major).\(minor) is too old", mend: "PostgreSQL 14 or later is needed.")
        }
        return .ok(part, "PostgreSQL \(major).\(minor) at \(connection.target)")
    }

    private func migrationFinding(_ connection: PostgresConnection) throws -> CheckFinding {
        let status = try Migrator(connection).status()
        let pending = status.filter { $0.appliedAt == nil }.count
        guard pending == 0 else {
            return .wrong("migrations", "\(pending) of \(status.count) are missing", mend: "Run: notify-worker migrate")
        }
        let newer = status.filter { !$0.isKnown }
        guard newer.allSatisfy({ !$0.isBreaking }) else {
            return .wrong("migrations", "the database needs a newer notify-worker", mend: "Install a newer version.")
        }
        return .ok(
            "migrations",
            newer.isEmpty ? "all \(status.count) are applied" : "\(newer.count) newer ones are applied too")
    }

    /// A relay that refuses us at RCPT or later does not show it to a probe, which has no mail to send.
    private func refusalFinding(_ connection: PostgresConnection) throws -> CheckFinding? {
        guard let refusals = try QueueInspection(connection).recentRefusals() else { return nil }
        return .warning(
            "relay", "\(refusals); the events wait, uncharged",
            mend: "Ask why it refuses: the sender address, a block list or a missing login are the usual reasons.")
    }

    /// Only a warning: a worker without the API does without.
    private func apiFindings() -> [CheckFinding] {
        guard let url = settings.apiURL else { return [] }
        do {
            let connection = try DatabaseSettings.connect(url, for: "check")
            guard try QueueInspection(connection).mayServeAPI() else {
                return [
                    .warning(
                        "api rights", "the role of the HTTP API lacks the rights of notify_api",
                        mend: "Set NOTIFY_API_DATABASE_URL to a connection whose role is in notify_api.")
                ]
            }
            return [.ok("api rights", "the role may do all that the HTTP API needs")]
        } catch {
            return [
                .warning("api rights", "\(error)", mend: "Check NOTIFY_API_DATABASE_URL, or run with --no-api.")
            ]
        }
    }

    private func rightsFindings(_ connection: PostgresConnection) throws -> [CheckFinding] {
        let missing = try QueueInspection(connection).missingRights()
        guard !missing.isEmpty else { return [.ok("rights", "the role may do all that a worker needs")] }
        return [
            .wrong(
                "rights", "the role lacks \(missing.joined(separator: "; "))",
                mend: "As an administrator: grant notify_worker to the role in NOTIFY_DATABASE_URL;")
        ]
    }
}
