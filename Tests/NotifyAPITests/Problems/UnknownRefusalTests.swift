import Hummingbird
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Refusals of the database that this program does not know")
struct UnknownRefusalTests {
    @Test("One of a token is a fault of ours, and does not count as a token that nobody has")
    func token() async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            try await api.database.execute(
                """
                create or replace function notify.find_callers(token_hashes bytea[]) returns table (
                    token_hash bytea, api_key_id bigint, scopes text[], session_id bigint, user_id uuid, problem text
                ) language sql as $$
                    select hash, null::bigint, null::text[], null::bigint, null::uuid, 'frozen'
                    from unnest(token_hashes) hash
                $$
                """)
            for _ in 1...31 {
                let answer = try await api.send(.get, "/v1/users/\(ada)", as: key.token)
                #expect(answer.outcome == "500 internal_error")
            }
        }
    }

    @Test("One of a change of switches is a fault of ours, and not a user who is not there")
    func preferences() async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            try await api.database.execute(
                """
                create or replace function notify.change_email_preferences(changes jsonb, skip_locked boolean default false)
                returns table (index integer, problem text, version bigint, switches_off text[]) language sql as $$
                    select 0, 'frozen', null::bigint, null::text[]
                $$
                """)
            let answer = try await api.send(
                .patch, "/v1/users/\(ada)/email-preferences", as: key.token, #"{"switches":{"assigned_tickets":false}}"#
            )
            #expect(answer.outcome == "500 internal_error")
        }
    }
}
