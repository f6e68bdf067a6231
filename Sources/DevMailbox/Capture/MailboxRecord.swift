import Foundation
import Synchronization

/// Holds the mailbox's state, and wakes who waits for it to become something.
final class MailboxRecord: Sendable {
    typealias Predicate = @Sendable (MailboxState) -> Bool

    private struct Waiter {
        let predicate: Predicate
        let continuation: CheckedContinuation<MailboxState, any Error>
    }

    private struct Contents {
        var state = MailboxState()
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var cancelledBeforeWaiting: Set<Int> = []
    }

    private static let transcriptLimit = 50_000

    private let contents = Mutex(Contents())
    private let mailLimit: Int
    private let log: CaptureLog?

    init(mailLimit: Int, log: CaptureLog?) {
        self.mailLimit = mailLimit
        self.log = log
    }

    var state: MailboxState { contents.withLock { $0.state } }

    /// Changes the state and resumes those whose wish it now meets.
    @discardableResult
    func change<Result: Sendable>(_ body: (inout MailboxState) throws -> Result) rethrows -> Result {
        try contents.withLock { contents in
            let result = try body(&contents.state)
            let satisfied = contents.waiters.filter { $0.value.predicate(contents.state) }
            for (number, waiter) in satisfied {
                contents.waiters[number] = nil
                waiter.continuation.resume(returning: contents.state)
            }
            return result
        }
    }

    /// Adds a mail, on disk first where a log is kept, so that no 250 goes out for a mail that the log lacks.
    func capture(_ make: (_ id: Int) -> CapturedMail) throws {
        try change { state in
            let mail = make(state.mailCount + 1)
            try log?.append(mail)
            state.mailCount += 1
            state.mails.append(mail)
            if state.mails.count > mailLimit { state.mails.removeFirst(state.mails.count - mailLimit) }
        }
    }

    func beginSession() -> Int {
        change { state in
            state.sessionCount += 1
            state.openSessions.insert(state.sessionCount)
            return state.sessionCount
        }
    }

    func endSession(_ session: Int) {
        change { _ = $0.openSessions.remove(session) }
    }

    func note(_ origin: TranscriptLine.Origin, _ text: String, session: Int) {
        change { state in
            guard state.transcript.count < Self.transcriptLimit else { return }
            state.transcript.append(TranscriptLine(session: session, at: Date(), origin: origin, text: text))
        }
    }

    func violation(_ kind: Violation.Kind, _ detail: String, session: Int) {
        change { $0.violations.append(Violation(kind: kind, session: session, detail: detail)) }
    }

    /// Returns the state as soon as it satisfies `predicate`; throws `MailboxTimeout` when it does not in time.
    func wait(within limit: Duration, until predicate: @escaping Predicate) async throws -> MailboxState {
        try await withThrowingTaskGroup(of: MailboxState.self) { group in
            group.addTask { try await self.wait(until: predicate) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw MailboxTimeout(limit: limit, state: self.state)
            }
            defer { group.cancelAll() }
            guard let state = try await group.next() else { throw CancellationError() }
            return state
        }
    }

    private func wait(until predicate: @escaping Predicate) async throws -> MailboxState {
        let number = contents.withLock { contents in
            contents.nextWaiter += 1
            return contents.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                contents.withLock { contents in
                    if contents.cancelledBeforeWaiting.remove(number) != nil {
                        continuation.resume(throwing: CancellationError())
                    } else if predicate(contents.state) {
                        continuation.resume(returning: contents.state)
                    } else {
                        contents.waiters[number] = Waiter(predicate: predicate, continuation: continuation)
                    }
                }
            }
        } onCancel: {
            contents.withLock { contents in
                if let waiter = contents.waiters.removeValue(forKey: number) {
                    waiter.continuation.resume(throwing: CancellationError())
                } else {
                    contents.cancelledBeforeWaiting.insert(number)
                }
            }
        }
    }
}

/// The mailbox did not get into the awaited state in time. Says what it did see.
package struct MailboxTimeout: Error, CustomStringConvertible {
    package let limit: Duration
    package let state: MailboxState

    package var description: String {
        let tail = state.transcript.suffix(20).map { "  \($0.session) \($0.origin.rawValue): \($0.text)" }
        return """
            not within \(limit): \(state.mailCount) mails, \(state.sessionCount) sessions, \
            violations \(state.violations)
            \(tail.joined(separator: "\n"))
            """
    }
}
