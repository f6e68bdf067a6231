import PostgresClient

/// The statements of the queue, one file each under `Statements/`.
enum QueueStatements {
    static let registerWorker = statement("register_worker", PackageResources.register_worker_sql)
    static let heartbeat = statement("heartbeat", PackageResources.heartbeat_sql)
    static let signOffWorker = statement("sign_off_worker", PackageResources.sign_off_worker_sql)
    static let listLeased = statement("list_leased", PackageResources.list_leased_sql)
    static let freeOrphans = statement("free_orphans", PackageResources.free_orphans_sql)
    static let rescue = statement("rescue", PackageResources.rescue_sql)
    static let promote = statement("promote", PackageResources.promote_sql)
    static let sweepBuckets = statement("sweep_buckets", PackageResources.sweep_buckets_sql)
    static let discoverBuckets = statement("discover_buckets", PackageResources.discover_buckets_sql)
    static let claim = statement("claim", PackageResources.claim_sql)
    static let recheck = statement("recheck", PackageResources.recheck_sql)
    static let settle = statement("settle", PackageResources.settle_sql)
    static let release = statement("release", PackageResources.release_sql)
    static let purgeDedupeKeys = statement("purge_dedupe_keys", PackageResources.purge_dedupe_keys_sql)
    static let purgeDeadEvents = statement("purge_dead_events", PackageResources.purge_dead_events_sql)
    static let purgeAPIRows = statement("purge_api_rows", PackageResources.purge_api_rows_sql)
    static let trimFeeds = statement("trim_feeds", PackageResources.trim_feeds_sql)
    static let ensurePartitions = Statement(
        name: "ensure_partitions", sql: "select notify.ensure_partitions(14)")
    static let dropPartitions = Statement(
        name: "drop_partitions", sql: "select notify.drop_partitions($1::int)")

    private static func statement(_ name: String, _ sql: [UInt8]) -> Statement {
        Statement(name: name, sql: String(decoding: sql, as: UTF8.self))
    }
}
