import PostgresClient

/// The statements of the queue, one file each under `Statements/`.
enum QueueStatements {
    static let registerWorker = Statement(name: "register_worker", file: PackageResources.register_worker_sql)
    static let fingerprintDatabase = Statement(
        name: "fingerprint_database", file: PackageResources.fingerprint_database_sql)
    static let heartbeat = Statement(name: "heartbeat", file: PackageResources.heartbeat_sql)
    static let signOffWorker = Statement(name: "sign_off_worker", file: PackageResources.sign_off_worker_sql)
    static let listLeased = Statement(name: "list_leased", file: PackageResources.list_leased_sql)
    static let freeOrphans = Statement(name: "free_orphans", file: PackageResources.free_orphans_sql)
    static let rescue = Statement(name: "rescue", file: PackageResources.rescue_sql)
    static let promote = Statement(name: "promote", file: PackageResources.promote_sql)
    static let sweepBuckets = Statement(name: "sweep_buckets", file: PackageResources.sweep_buckets_sql)
    static let discoverBuckets = Statement(name: "discover_buckets", file: PackageResources.discover_buckets_sql)
    static let claim = Statement(name: "claim", file: PackageResources.claim_sql)
    static let recheck = Statement(name: "recheck", file: PackageResources.recheck_sql)
    static let settle = Statement(name: "settle", file: PackageResources.settle_sql)
    static let release = Statement(name: "release", file: PackageResources.release_sql)
    static let markSuspects = Statement(name: "mark_suspects", file: PackageResources.mark_suspects_sql)
    static let purgeDedupeKeys = Statement(name: "purge_dedupe_keys", file: PackageResources.purge_dedupe_keys_sql)
    static let purgeDeadEvents = Statement(name: "purge_dead_events", file: PackageResources.purge_dead_events_sql)
    static let purgeAPIRows = Statement(name: "purge_api_rows", file: PackageResources.purge_api_rows_sql)
    static let trimFeeds = Statement(name: "trim_feeds", file: PackageResources.trim_feeds_sql)
    static let ensurePartitions = Statement(
        name: "ensure_partitions", sql: "select notify.ensure_partitions(14)")
    static let dropPartitions = Statement(
        name: "drop_partitions", sql: "select notify.drop_partitions($1::int)")
}
