import TestSupport
import Testing

@Suite("Who may touch which table")
struct TablePrivilegeTests {
    @Test("Each role has exactly these rights on tables, views and sequences", arguments: CallingRole.allCases)
    func rights(role: CallingRole) async throws {
        try await withTestDatabase(.schema) { database in
            let granted = try await database.column(
                """
                select c.relname || ': ' || string_agg(p.privilege, ' ' order by p.privilege)
                from pg_class c
                cross join unnest('{select,insert,update,delete,truncate,references,trigger}'::text[]) p (privilege)
                where c.relnamespace = 'notify'::regnamespace and c.relkind in ('r', 'p', 'v')
                    and has_table_privilege('\(role.rawValue)', c.oid, p.privilege)
                group by c.relname
                union all
                select c.relname || ': usage' from pg_class c
                where c.relnamespace = 'notify'::regnamespace
                    and case when c.relkind = 'S' then has_sequence_privilege('\(role.rawValue)', c.oid, 'usage') end
                order by 1
                """
            )
            #expect(granted.compactMap { $0 } == Self.expected(role))
        }
    }

    @Test("An operator sees the life of events, users and keys, but no address, no name, no payload and no hash")
    func operatorsColumns() async throws {
        try await withTestDatabase(.schema) { database in
            let columns = try await database.column(
                """
                select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
                where c.relnamespace = 'notify'::regnamespace and c.relkind = 'r' and a.attnum > 0
                    and c.relname in ('users', 'event_payloads', 'notifications', 'api_keys', 'email_preference_changes')
                    and not has_column_privilege('notify_operator', c.oid, a.attnum, 'select')
                order by 1
                """
            )
            #expect(
                columns == [
                    "api_keys.token_hash", "event_payloads.event_id", "event_payloads.locale", "event_payloads.payload",
                    "event_payloads.time_zone", "event_payloads.to_address", "notifications.actor_id",
                    "notifications.payload", "users.display_name", "users.email",
                ]
            )
        }
    }

    @Test("Nobody but the owner reads a hash of a token, or a request's", arguments: CallingRole.allCases)
    func hashes(role: CallingRole) async throws {
        try await withTestDatabase(.schema) { database in
            let columns = try await database.column(
                """
                select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
                where c.relnamespace = 'notify'::regnamespace and c.relkind = 'r' and a.attnum > 0
                    and (c.relname in ('sessions', 'idempotency_keys') or a.attname like '%hash%')
                    and has_column_privilege('\(role.rawValue)', c.oid, a.attnum, 'select, insert, update, references')
                """
            )
            #expect(columns == [])
        }
    }

    @Test("Of the feed, the API may write only when something was read")
    func feedColumns() async throws {
        try await withTestDatabase(.schema) { database in
            let columns = try await database.column(
                """
                select a.attname from pg_attribute a
                where a.attrelid = 'notify.notifications'::regclass and a.attnum > 0
                    and has_column_privilege('notify_api', a.attrelid, a.attnum, 'update')
                """
            )
            #expect(columns == ["read_at"])
        }
    }

    private static func expected(_ role: CallingRole) -> [String] {
        switch role {
        case .producer, .directory:
            ["event_kinds: select"]
        case .worker:
            [
                "attempts: insert select", "dead_events: delete insert select update",
                "dedupe_keys: delete select update", "deliveries: insert select", "email_preferences: select",
                "event_kinds: select", "event_payloads: delete insert select update",
                "events: delete insert select update", "installation: select", "lease_ids: usage",
                "memberships: select", "migrations: select", "organizations: select", "queue_depth: select",
                "users: select", "workers: delete insert select update",
            ]
        case .api:
            [
                "attempts: select", "deleted_users: select", "deliveries: select",
                "email_preference_changes: select", "email_preferences: select", "event_kinds: select",
                "events: select", "installation: select", "memberships: select", "migrations: select",
                "notifications: select", "organizations: select", "users: select", "workers: select",
            ]
        case .operator:
            [
                "attempts: select", "dead_events: select", "dedupe_keys: select", "deliveries: select",
                "email_preference_changes: select", "email_preferences: select", "event_kinds: select",
                "events: select", "installation: select",
                "memberships: select", "migrations: select", "organizations: select", "queue_depth: select",
                "workers: select",
            ]
        case .nobody: []
        }
    }
}
