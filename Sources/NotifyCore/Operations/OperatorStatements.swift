import PostgresClient

/// The statements of commands, one file each under `Queue/Statements/`.
enum OperatorStatements {
    static let refusals = statement("inspect_refusals", PackageResources.inspect_refusals_sql)
    static let depth = statement("inspect_depth", PackageResources.inspect_depth_sql)
    static let workers = statement("inspect_workers", PackageResources.inspect_workers_sql)
    static let dead = statement("inspect_dead", PackageResources.inspect_dead_sql)
    static let held = statement("inspect_held", PackageResources.inspect_held_sql)
    static let rights = statement("inspect_rights", PackageResources.inspect_rights_sql)
    static let retryAll = statement("inspect_retry_all", PackageResources.inspect_retry_all_sql)
    static let retryHeld = statement("inspect_retry_held", PackageResources.inspect_retry_held_sql)
    static let retry = Statement(name: "retry_event", sql: "select notify.retry_event($1::bigint)")
    static let cancel = Statement(name: "cancel_event", sql: "select notify.cancel_event($1::bigint)")
    static let now = Statement(name: "now", sql: "select clock_timestamp()")
    static let event = statement("explain_event", PackageResources.explain_event_sql)
    static let attempts = statement("explain_attempts", PackageResources.explain_attempts_sql)
    static let outcome = statement("explain_outcome", PackageResources.explain_outcome_sql)
    static let deadEvent = statement("explain_dead", PackageResources.explain_dead_sql)
    static let feed = statement("explain_feed", PackageResources.explain_feed_sql)
    static let enqueue = statement("enqueue", PackageResources.enqueue_sql)
    static let enqueueMany = statement("enqueue_many", PackageResources.enqueue_many_sql)

    private static func statement(_ name: String, _ sql: [UInt8]) -> Statement {
        Statement(name: name, sql: String(decoding: sql, as: UTF8.self))
    }
}
