import Hummingbird
import NotifyCore

/// `/healthz` tells an orchestrator whether to restart the process, `/readyz` whether to send it work. A relay that is
/// down makes the worker not ready; restarting it would not help, so it stays alive.
struct HealthRoutes {
    let readiness: @Sendable () async -> [ReadinessPart]

    func add(to router: Router<APIRequestContext>) {
        router.get("healthz") { _, _ in jsonResponse(.ok, Alive()) }
        router.get("readyz") { [readiness] _, _ in
            let body = Readiness(parts: await readiness())
            return jsonResponse(body.status == "ready" ? .ok : .serviceUnavailable, body)
        }
    }

    private struct Alive: Encodable {
        let status = "alive"
    }

    private struct Readiness: Encodable {
        let status: String
        let parts: [ReadinessPart]

        init(parts: [ReadinessPart]) {
            self.parts = parts
            status = parts.allSatisfy(\.isReady) ? "ready" : "not_ready"
        }
    }
}
