import NotifyCore

/// How long things take and last.
struct TimeSettings: SettingGroup {
    static let leaseSeconds = Setting(
        "NOTIFY_LEASE_SECONDS", "seconds that claimed events stay a worker's own without a heartbeat",
        standard: .value("60"), example: "60", parse: SettingParser.integer(10...3_600))
    static let shutdownSeconds = Setting(
        "NOTIFY_SHUTDOWN_SECONDS", "seconds that a stop may take before what is still open is dropped",
        standard: .value("25"), example: "25", parse: SettingParser.integer(1...3_600))
    static let retrySchedule = Setting(
        "NOTIFY_RETRY_SCHEDULE", "waits between attempts; the last one repeats until the event expires",
        standard: .value("1m,5m,15m,30m,1h,2h,4h"), example: "1m,5m,15m,30m,1h,2h,4h", parse: schedule)
    static let retentionDays = Setting(
        "NOTIFY_RETENTION_DAYS", "days that outcomes are kept", standard: .value("30"), example: "30",
        parse: SettingParser.integer(1...3_650))
    static let unknownHold = Setting(
        "NOTIFY_UNKNOWN_HOLD", "kinds to hold rather than send again when the relay's last answer was lost",
        example: "account_password_reset", parse: SettingParser.list(of: kind))

    static let title = "Times"
    static let declarations: [any SettingDeclaration] = [
        leaseSeconds, shutdownSeconds, retrySchedule, retentionDays, unknownHold,
    ]

    let leaseSeconds: Int
    let shutdownSeconds: Int
    let retrySchedule: RetrySchedule
    let retentionDays: Int
    let unknownHold: [String]

    init(_ values: SettingValues) throws(SettingsError) {
        leaseSeconds = try values.value(Self.leaseSeconds) ?? 60
        shutdownSeconds = try values.value(Self.shutdownSeconds) ?? 25
        retrySchedule = try values.value(Self.retrySchedule) ?? .standard
        retentionDays = try values.value(Self.retentionDays) ?? 30
        unknownHold = try values.value(Self.unknownHold) ?? []
    }

    private static let schedule: SettingParser.Parser<RetrySchedule> = { text throws(InvalidValue) in
        do throws(InvalidSetting) {
            return try RetrySchedule(parsing: text)
        } catch {
            throw InvalidValue(reason: error)
        }
    }

    private static let kind: SettingParser.Parser<String> = { text throws(InvalidValue) in
        guard EventKind(rawValue: text) != nil || text.hasPrefix("account_") else {
            let kinds = EventKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvalidValue("names a kind that is none of \(kinds) or account_*")
        }
        return text
    }
}
