import Hummingbird
import NotifyCore

/// `/healthz` tells an orchestrator whether to restart the process, `/readyz` whether to send it work. A relay that is
/// down makes the worker not ready; restarting it would not help, so it stays alive.
struct HealthEndpoints {
    let readiness: @Sendable () async -> [ReadinessPart]

    var all: [Endpoint] {
        [
            Endpoint(.get, "/healthz", .anyone) { _ in .json(.ok) { $0.member("status", "alive") } },
            Endpoint(.get, "/readyz", .anyone) { [readiness] _ in
                let parts = await readiness()
                let isReady = parts.allSatisfy(\.isReady)
                return .json(isReady ? .ok : .serviceUnavailable) { json in
                    json.member("status", isReady ? "ready" : "not_ready")
                    json.name("parts")
                    json.array(parts) { $0.part($1) }
                }
            },
        ]
    }
}

extension JSONWriter {
    fileprivate mutating func part(_ part: ReadinessPart) {
        object { json in
            json.member("name", part.name)
            json.member("ready", part.isReady)
            json.member("reason", part.reason)
        }
    }
}
