import HTTPTypes
import Hummingbird
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Idempotency keys")
struct IdempotencyTests {
    private func enqueue(
        _ api: TestAPI, as token: String, key: String = "k", _ body: String = event()
    ) async throws -> Answer {
        try await api.send(.post, "/v1/events", as: token, body, headers: [.idempotencyKey: key])
    }

    @Test("The same request under the same key enqueues once and says that it did so before")
    func replay() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let first = try await enqueue(api, as: token)
            let second = try await enqueue(api, as: token)
            #expect(first.status == 201)
            #expect(first.headers[.idempotentReplayed] == nil)
            #expect(second.status == 200)
            #expect(second.headers[.idempotentReplayed] == "true")
            #expect(second.body == first.body)
            #expect(try await api.database.value("select count(*) from notify.events") == "1")
        }
    }

    @Test("Another request under the key is refused; another service's same key is its own")
    func others() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            _ = try await enqueue(api, as: token)
            let other = try await enqueue(api, as: token, event(for: bob))
            #expect(other.outcome == "422 idempotency_key_reused")
            #expect(other["field"] == "Idempotency-Key")
            let stranger = try await enqueue(api, as: try await api.key([.events]).token, event(for: bob))
            #expect(stranger.status == 201)
            #expect(try await api.database.value("select count(*) from notify.events") == "2")
        }
    }

    @Test("A request that was refused leaves the key free")
    func refused() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let refused = try await enqueue(api, as: token, event(for: nobody))
            #expect(refused.outcome == "422 unknown_user")
            #expect(try await api.database.value("select count(*) from notify.idempotency_keys") == "0")
            #expect(try await enqueue(api, as: token).status == 201)
        }
    }

    @Test("Many at once under one key bring one set of events, and all get its ids")
    func parallel() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let body = #"{"events":[\#(event()),\#(event(for: bob))]}"#
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 1...24 { group.addTask { try await enqueue(api, as: token, body) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(answers.filter { $0.status == 201 }.count == 1)
            #expect(answers.filter { $0.status == 200 }.count == 23)
            #expect(try await api.database.value("select count(*) from notify.events") == "2")
        }
    }

    @Test("After 24 hours the key is new again, purged or not")
    func age() async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            let first = try await enqueue(api, as: token)
            try await api.database.execute(
                "update notify.idempotency_keys set created_at = clock_timestamp() - interval '23 hours 59 minutes'")
            #expect(try await enqueue(api, as: token).body == first.body)
            try await api.database.execute(
                "update notify.idempotency_keys set created_at = clock_timestamp() - interval '24 hours 1 minute'")
            let later = try await enqueue(api, as: token, event(for: bob))
            #expect(later.status == 201)
            #expect(later.body != first.body)
            #expect(try await enqueue(api, as: token, event(for: bob)).body == later.body)
        }
    }

    @Test(
        "A key is one text of 1 to 255 characters",
        arguments: [[""], [String(repeating: "k", count: 256)], ["a", "b"]])
    func badKey(keys: [String]) async throws {
        try await withAPI { api in
            let token = try await api.key([.events]).token
            var headers = HTTPFields()
            for key in keys { headers.append(HTTPField(name: .idempotencyKey, value: key)) }
            let answer = try await api.send(.post, "/v1/events", as: token, event(), headers: headers)
            #expect(answer.outcome == "400 invalid_value")
            #expect(answer["field"] == "Idempotency-Key")
            #expect(try await enqueue(api, as: token, key: String(repeating: "k", count: 255)).status == 201)
        }
    }
}
