import Foundation
import Yams

/// `openapi.yaml` from the root of the repository, with what the tests ask of it.
struct APIDescription {
    let text: String
    let operations: [Operation]
    private let root: [String: Any]

    struct Operation: CustomStringConvertible {
        let method: String
        let path: String
        let id: String
        let parameters: [[String: Any]]
        let hasBody: Bool
        /// By status.
        let responses: [String: [String: Any]]
        fileprivate let security: [[String: [String]]]?

        var description: String { "\(method) \(path)" }
        var scopes: [String] { security?.flatMap(\.values).flatMap(\.self) ?? [] }

        /// `apiKey users`, `session`, or `anyone`; `unsaid` where the operation leaves it open.
        var securityText: String {
            guard let security else { return "unsaid" }
            let schemes = security.flatMap(\.self).map { ([$0.key] + $0.value).joined(separator: " ") }
            return schemes.isEmpty ? "anyone" : schemes.joined(separator: " or ")
        }
    }

    struct Malformed: Error {
        let place: String
    }

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../openapi.yaml")
        text = try String(contentsOf: root.standardizedFileURL, encoding: .utf8)
        guard let document = try Yams.load(yaml: text) as? [String: Any],
            let paths = document["paths"] as? [String: [String: Any]]
        else { throw Malformed(place: "paths") }
        self.root = document
        var operations: [Operation] = []
        for (path, item) in paths {
            let shared = item["parameters"] as? [Any] ?? []
            for (method, operation) in item where method != "parameters" {
                guard let operation = operation as? [String: Any] else { throw Malformed(place: "\(method) \(path)") }
                operations.append(try Self.operation(method.uppercased(), path, operation, shared, in: document))
            }
        }
        self.operations = operations
    }

    private static func operation(
        _ method: String, _ path: String, _ operation: [String: Any], _ shared: [Any], in document: [String: Any]
    ) throws -> Operation {
        guard let id = operation["operationId"] as? String, let responses = operation["responses"] as? [String: Any]
        else {
            throw Malformed(place: "\(method) \(path)")
        }
        return Operation(
            method: method, path: path, id: id,
            parameters: try (shared + (operation["parameters"] as? [Any] ?? [])).map { try resolve($0, in: document) },
            hasBody: operation["requestBody"] != nil,
            responses: try responses.mapValues { try resolve($0, in: document) },
            security: operation["security"] as? [[String: [String]]])
    }

    /// What stands there, or what a `$ref` there points at.
    private static func resolve(_ value: Any, in document: [String: Any]) throws -> [String: Any] {
        guard let object = value as? [String: Any] else { throw Malformed(place: "\(value)") }
        guard let reference = object["$ref"] as? String else { return object }
        var target: Any? = document
        for name in reference.dropFirst(2).split(separator: "/") { target = (target as? [String: Any])?[String(name)] }
        guard let found = target as? [String: Any] else { throw Malformed(place: reference) }
        return found
    }
}

extension APIDescription {
    /// The codes of problem details, by the status that their example has.
    var codesByStatus: [Int: Set<String>] {
        var codes: [Int: Set<String>] = [:]
        for case let response as [String: Any] in components("responses").values {
            let content = response["content"] as? [String: [String: Any]]
            guard let problem = content?["application/problem+json"], let schema = problem["schema"] as? [String: Any],
                let example = problem["example"] as? [String: Any], let status = example["status"] as? Int
            else { continue }
            for case let part as [String: Any] in schema["allOf"] as? [Any] ?? [] {
                let code = (part["properties"] as? [String: [String: Any]])?["code"]
                codes[status, default: []].formUnion(code?["enum"] as? [String] ?? [])
            }
        }
        return codes
    }

    /// Components that nothing refers to.
    var unusedComponents: [String] {
        let declared = ["schemas", "responses", "parameters", "headers", "requestBodies"]
            .flatMap { kind in
                components(kind).keys.map { "#/components/\(kind)/\($0)" }
            }
        return declared.filter { !text.contains("'\($0)'") }.sorted()
    }

    func properties(of schema: String, _ property: String) -> [String] {
        let properties = (components("schemas")[schema] as? [String: Any])?["properties"] as? [String: [String: Any]]
        return (properties?[property]?["properties"] as? [String: Any]).map { Array($0.keys) } ?? []
    }

    private func components(_ kind: String) -> [String: Any] {
        (root["components"] as? [String: Any])?[kind] as? [String: Any] ?? [:]
    }
}
