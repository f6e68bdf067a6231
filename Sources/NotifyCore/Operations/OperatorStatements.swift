import PostgresClient

/// The statements of commands, one file each under `Statements/`.
enum OperatorStatements {
    static let refusals = Statement(name: "inspect_refusals", file: PackageResources.inspect_refusals_sql)
    static let depth = Statement(name: "inspect_depth", file: PackageResources.inspect_depth_sql)
    static let workers = Statement(name: "inspect_workers", file: PackageResources.inspect_workers_sql)
    static let dead = Statement(name: "inspect_dead", file: PackageResources.inspect_dead_sql)
    static let held = Statement(name: "inspect_held", file: PackageResources.inspect_held_sql)
    static let rights = Statement(name: "inspect_rights", file: PackageResources.inspect_rights_sql)
    static let apiRights = Statement(
        name: "inspect_api_rights",
        sql: "select has_function_privilege('notify.find_callers(bytea[])', 'execute')")
    static let retryDead = Statement(name: "retry_dead", file: PackageResources.retry_dead_sql)
    static let retryHeld = Statement(name: "retry_held", file: PackageResources.retry_held_sql)
    static let retry = Statement(name: "retry_event", sql: "select notify.retry_event($1::bigint)")
    static let cancel = Statement(name: "cancel_event", sql: "select notify.cancel_event($1::bigint)")
    static let now = Statement(name: "now", sql: "select clock_timestamp()")
    static let event = Statement(name: "explain_event", file: PackageResources.explain_event_sql)
    static let attempts = Statement(name: "explain_attempts", file: PackageResources.explain_attempts_sql)
    static let outcome = Statement(name: "explain_outcome", file: PackageResources.explain_outcome_sql)
    static let deadEvent = Statement(name: "explain_dead", file: PackageResources.explain_dead_sql)
    static let feed = Statement(name: "explain_feed", file: PackageResources.explain_feed_sql)
    static let enqueue = Statement(name: "enqueue", file: PackageResources.enqueue_sql)
    static let enqueueMany = Statement(name: "enqueue_many", file: PackageResources.enqueue_many_sql)
}
