internal import CLibPQ
internal import Glibc
internal import Threads

/// One attempt to connect, on a thread of its own, so that a cut ends the wait for it.
///
/// libpq gives out nothing to cut before it is connected, and the look-up of a name cannot be interrupted at all. Its
/// calls for connecting step by step could be, but leave `connect_timeout` and the turn to the next host to the caller.
/// An attempt that was abandoned ends by itself, after at most `connect_timeout` for each host.
final class ConnectAttempt: Sendable {
    /// A connection on its way from the thread that made it to the one that uses it.
    private struct Handle: @unchecked Sendable {
        // Used by one thread at a time: `state` hands it over.
        let pointer: OpaquePointer?
    }

    private enum State {
        case underway
        case over(Handle)
        case abandoned
    }

    private let state = Monitor(State.underway)

    private init() {}

    /// Waits until libpq is done, whether it connected or not; nil where `canceller` ended the wait.
    ///
    /// - Throws: `connection` when there is no thread or memory for it.
    static func run(
        _ keywords: [(keyword: String, value: String)], canceller: Canceller
    ) throws(PostgresError) -> OpaquePointer? {
        guard !canceller.isCut else { return nil }
        let attempt = ConnectAttempt()
        do {
            _ = try NamedThread("pg-connect") { attempt.connect(keywords) }
        } catch {
            throw PostgresError(.connection, "cannot connect to PostgreSQL: \(error)")
        }
        canceller.aim { attempt.abandon() }
        defer { canceller.aim(nil) }
        guard let handle = attempt.result() else { return nil }
        guard let pointer = handle.pointer else {
            throw PostgresError(.connection, "out of memory for a connection to PostgreSQL")
        }
        return pointer
    }

    private func connect(_ keywords: [(keyword: String, value: String)]) {
        let handle = Self.withCStrings(keywords.map(\.keyword)) { names in
            Self.withCStrings(keywords.map(\.value)) { values in PQconnectdbParams(names, values, 1) }
        }
        let result = Handle(pointer: handle)
        let isWanted = state.update { state in
            guard case .underway = state else { return false }
            state = .over(result)
            return true
        }
        if !isWanted { PQfinish(handle) }
    }

    private func abandon() {
        state.update { state in
            if case .underway = state { state = .abandoned }
        }
    }

    private func result() -> Handle? {
        let result: Handle?? = state.wait { state in
            switch state {
            case .underway: nil
            case .over(let handle): .some(handle)
            case .abandoned: .some(nil)
            }
        }
        return result ?? nil
    }

    /// Lends a null-terminated array of C strings.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        let pointers: [UnsafePointer<CChar>?] = copies.map { UnsafePointer($0) } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
