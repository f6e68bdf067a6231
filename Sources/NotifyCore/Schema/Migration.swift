/// One numbered change of the schema: a file in `Migrations`, embedded in the program.
package struct Migration: Sendable, Hashable {
    package let number: Int
    package let name: String
    let sql: String

    package init(_ number: Int, _ name: String, _ sql: [UInt8]) {
        self.number = number
        self.name = name
        self.sql = String(decoding: sql, as: UTF8.self)
    }

    /// All that this program knows, in order. What has been released is never changed again: the next change is a new
    /// file, and it must let the program before it go on working (or say `is_breaking`, see the first).
    package static let all = [
        Migration(1, "schema_and_roles", PackageResources.m0001_schema_and_roles_sql),
        Migration(2, "input_checks", PackageResources.m0002_input_checks_sql),
        Migration(3, "directory_tables", PackageResources.m0003_directory_tables_sql),
        Migration(4, "queue", PackageResources.m0004_queue_sql),
        Migration(5, "outcomes", PackageResources.m0005_outcomes_sql),
        Migration(6, "feed", PackageResources.m0006_feed_sql),
        Migration(7, "event_checks", PackageResources.m0007_event_checks_sql),
        Migration(8, "enqueue", PackageResources.m0008_enqueue_sql),
        Migration(9, "enqueue_many", PackageResources.m0009_enqueue_many_sql),
        Migration(10, "account_lane", PackageResources.m0010_account_lane_sql),
        Migration(11, "cancel", PackageResources.m0011_cancel_sql),
        Migration(12, "directory_functions", PackageResources.m0012_directory_functions_sql),
        Migration(13, "operators", PackageResources.m0013_operators_sql),
        Migration(14, "privileges", PackageResources.m0014_privileges_sql),
        Migration(15, "api_keys_and_sessions", PackageResources.m0015_api_keys_and_sessions_sql),
        Migration(16, "preference_changes", PackageResources.m0016_preference_changes_sql),
        Migration(17, "idempotent_enqueue", PackageResources.m0017_idempotent_enqueue_sql),
        Migration(18, "removal", PackageResources.m0018_removal_sql),
        Migration(19, "retention", PackageResources.m0019_retention_sql),
    ]
}
