import PostgresClient
import TestSupport
import Testing

@Suite("Who may call which function")
struct FunctionPrivilegeTests {
    @Test("Each function is executed by exactly the roles that may", arguments: FunctionCall.all)
    func matrix(call: FunctionCall) async throws {
        try await withTestDatabase(.directory) { database in
            let states = try await database.withConnection { connection in
                try connection.execute("select notify.create_api_key('first', sha256('first'), 'nwk_', '{events}')")
                return try CallingRole.allCases.map { role in
                    try connection.execute("begin; set local role \(role.rawValue)")
                    defer { try? connection.execute("rollback") }
                    return try connection.refusal(call.statement)?.state
                }
            }
            for (role, state) in zip(CallingRole.allCases, states) {
                #expect(state == (call.callers.contains(role) ? nil : "42501"), "\(role)")
            }
        }
    }

    @Test("No function is missing from the matrix, and none that is in no row may be called by anyone")
    func completeness() async throws {
        try await withTestDatabase(.schema) { database in
            let callable = try await database.column(
                """
                select distinct p.proname from pg_proc p, pg_roles r
                where p.pronamespace = 'notify'::regnamespace and r.rolname like 'notify\\_%'
                    and r.rolname <> 'notify_owner' and has_function_privilege(r.oid, p.oid, 'execute')
                order by 1
                """
            )
            #expect(callable == FunctionCall.all.map(\.name).sorted())
        }
    }

    @Test("Every function runs as the owner with a search path of its own, and PUBLIC may execute none")
    func definers() async throws {
        try await withTestDatabase(.schema) { database in
            let unsafe = try await database.column(
                """
                select p.proname from pg_proc p
                where p.pronamespace = 'notify'::regnamespace and not (
                    p.prosecdef and p.proowner = 'notify_owner'::regrole
                    and 'search_path=notify, pg_temp' = any (p.proconfig)
                    and not exists (
                        select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0
                    )
                )
                """
            )
            #expect(unsafe == [])
        }
    }

    @Test("A function that a later migration adds is closed to PUBLIC from the start")
    func defaultPrivileges() async throws {
        try await withTestDatabase(.schema) { database in
            let isOpen = try await database.withConnection { connection in
                try connection.execute(
                    """
                    set role notify_owner;
                    create function notify.later() returns int language sql as 'select 1';
                    reset role;
                    create role passer_by_of_\(database.name);
                    """
                )
                return try connection.value(
                    "select has_function_privilege('passer_by_of_\(database.name)', 'notify.later()', 'execute')"
                )
            }
            #expect(isOpen == "false")
        }
    }
}

enum CallingRole: String, Sendable, CaseIterable {
    case producer = "notify_producer"
    case directory = "notify_directory"
    case worker = "notify_worker"
    case api = "notify_api"
    case `operator` = "notify_operator"
    /// A predefined role that has nothing to do with us.
    case nobody = "pg_monitor"
}

/// A statement that succeeds for whoever may execute the function.
struct FunctionCall: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: String
    let callers: Set<CallingRole>

    var statement: String { "select notify.\(name)(\(arguments))" }
    var testDescription: String { name }

    static let all = [
        FunctionCall(
            name: "enqueue", arguments: "'assigned_ticket', '\(ada)', '\(ticket)'", callers: [.producer, .api]),
        FunctionCall(name: "enqueue_many", arguments: "'[]'", callers: [.producer, .api]),
        FunctionCall(name: "cancel", arguments: "'key'", callers: [.producer, .api]),
        FunctionCall(
            name: "upsert_user", arguments: "'\(nobody)', 'new@example.com', 'New'", callers: [.directory, .api]),
        FunctionCall(name: "upsert_organization", arguments: "'\(nobody)', 'New'", callers: [.directory, .api]),
        FunctionCall(name: "add_member", arguments: "'\(globex)', '\(ada)'", callers: [.directory, .api]),
        FunctionCall(name: "remove_member", arguments: "'\(acme)', '\(ada)'", callers: [.directory, .api]),
        FunctionCall(
            name: "set_email_preference", arguments: "'\(ada)', 'assigned_tickets', false",
            callers: [.directory, .api]),
        FunctionCall(
            name: "enqueue_account",
            arguments:
                "'account_password_reset', 'ada@example.com', '\(ada)', 'en', 'UTC', '{}', now() + interval '1 h'",
            callers: [.api]),
        FunctionCall(name: "ensure_partitions", arguments: "", callers: [.worker]),
        FunctionCall(name: "drop_partitions", arguments: "", callers: [.worker]),
        FunctionCall(name: "release_cancelled", arguments: "'{1}'", callers: [.worker]),
        FunctionCall(name: "retry_event", arguments: "1", callers: [.operator]),
        FunctionCall(name: "cancel_event", arguments: "1", callers: [.operator]),
        FunctionCall(name: "discard_event", arguments: "1", callers: [.operator]),
        FunctionCall(
            name: "create_api_key", arguments: "'new', sha256('new'), 'nwk_abcd', '{users}'", callers: [.operator]),
        FunctionCall(name: "revoke_api_key", arguments: "1", callers: [.operator]),
        FunctionCall(
            name: "create_session", arguments: "'\(ada)', sha256('new'), 1, interval '1 hour'", callers: [.api]),
        FunctionCall(name: "end_sessions", arguments: "'\(ada)'", callers: [.api]),
        FunctionCall(name: "find_callers", arguments: "array[sha256('first')]", callers: [.api]),
        FunctionCall(name: "read_email_preferences", arguments: "array['\(ada)'::uuid]", callers: [.api]),
        FunctionCall(
            name: "change_email_preferences",
            arguments: """
                '[{"user_id":"\(ada)","switches":{"assigned_tickets":false},"via":"service","actor":"api_key 1"}]'
                """,
            callers: [.api]),
        FunctionCall(name: "undo_unsubscribe", arguments: "'\(ada)', 'assigned_tickets', 1", callers: [.api]),
        FunctionCall(name: "may_undo_unsubscribe", arguments: "'\(ada)', 'assigned_tickets', 1", callers: [.api]),
        FunctionCall(name: "enqueue_once", arguments: "1, 'key', sha256('new'), '[]'", callers: [.api]),
        FunctionCall(name: "remove_user", arguments: "'\(cyd)'", callers: [.directory, .api]),
        FunctionCall(name: "remove_organization", arguments: "'\(globex)'", callers: [.directory, .api]),
        FunctionCall(name: "purge_api_rows", arguments: "", callers: [.worker]),
        FunctionCall(name: "trim_feeds", arguments: "", callers: [.worker]),
    ]
}
