import Foundation

/// Who this process is to the queue.
struct WorkerIdentity: Sendable {
    let id: Int64
    /// Host and process, for people who look at `notify.workers`.
    let name: String
    let lease: Duration
    let term: LeaseTerm

    static var processName: String {
        "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"
    }
}
