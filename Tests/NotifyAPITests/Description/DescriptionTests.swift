import Foundation
import Hummingbird
import NotifyCore
import Testing

@testable import NotifyAPI

@Suite("openapi.yaml")
struct DescriptionTests {
    private let description: APIDescription

    init() throws {
        description = try APIDescription()
    }

    @Test("It describes every route and no other, with who may call it")
    func routes() async throws {
        try await withAPI { api in
            let served = api.endpoints.map { "\($0.method) \($0.path) \(Self.securityText($0.access))" }
            let described = description.operations.map { "\($0.method) \($0.path) \($0.securityText)" }
            #expect(served.sorted() == described.sorted())
        }
    }

    @Test("Every parameter in a path is declared, and none that is not there")
    func pathParameters() {
        for operation in description.operations {
            let named = operation.path.matches(of: /\{(\w+)\}/).map { String($0.output.1) }
            let parameters = operation.parameters.filter { $0["in"] as? String == "path" }
            let declared = parameters.compactMap { $0["name"] as? String }
            #expect(named.sorted() == declared.sorted(), "\(operation)")
        }
    }

    @Test("It lists every code that an error can have, and no other")
    func codes() {
        #expect(Set(description.codesByStatus.values.joined()) == Set(ProblemCode.allCases.map(\.rawValue)))
    }

    @Test("Each refusal of the SQL functions has its status there")
    func refusals() {
        for (status, code) in Problem.refusals.values {
            #expect(description.codesByStatus[status.code]?.contains(code.rawValue) == true, "\(code) with \(status)")
        }
    }

    @Test("Every operation has the errors that any request of its kind can meet")
    func errors() {
        for operation in description.operations where operation.path.hasPrefix("/v1/") {
            var expected: Set = ["401", "403", "429", "500", "503"]
            if operation.hasBody { expected.formUnion(["400", "413", "415", "422"]) }
            if operation.path.contains("{") { expected.insert("404") }
            #expect(expected.isSubset(of: operation.responses.keys), "\(operation)")
        }
    }

    @Test("Every answer has its request's id, and every error is problem details")
    func answers() {
        for operation in description.operations where operation.path != "/u/{token}" {
            for (status, response) in operation.responses {
                let headers = response["headers"] as? [String: Any]
                #expect(headers?["X-Request-Id"] != nil, "\(operation) \(status)")
                guard let content = response["content"] as? [String: Any], status >= "400", operation.path != "/readyz"
                else { continue }
                #expect(Array(content.keys) == ["application/problem+json"], "\(operation) \(status)")
            }
        }
    }

    @Test("Operations have names of their own, and nothing is described that nobody refers to")
    func names() {
        let names = description.operations.map(\.id)
        #expect(Set(names).count == names.count)
        #expect(description.unusedComponents == ["#/components/responses/MethodNotAllowed"])
    }

    @Test("It names the switches and scopes that there are")
    func vocabulary() {
        let switches = Set(EmailSwitch.allCases.map(\.rawValue))
        #expect(Set(description.properties(of: "EmailPreferences", "switches")) == switches)
        #expect(Set(description.properties(of: "EmailPreferences", "labels")) == switches)
        for operation in description.operations {
            #expect(operation.scopes.allSatisfy { APIKeyScope(rawValue: $0) != nil }, "\(operation)")
        }
    }

    @Test("It is served as it stands in the repository")
    func served() async throws {
        try await withAPI { api in
            let answer = try await api.send(.get, "/openapi.yaml")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/yaml")
            #expect(answer.body == description.text)
        }
    }

    private static func securityText(_ access: Endpoint.Access) -> String {
        switch access {
        case .anyone: "anyone"
        case .user: "session"
        case .service(let scope): "apiKey \(scope.rawValue)"
        }
    }
}
