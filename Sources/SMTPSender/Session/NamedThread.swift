internal import CLibCURL
internal import Glibc

/// An operating system thread with a name, for work that blocks and must never hold one of Swift's own.
struct NamedThread: Sendable {
    struct StartFailure: Error, CustomStringConvertible {
        let code: Int32
        var description: String { "no thread could be started (error \(code))" }
    }

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    private let thread: pthread_t

    /// - Parameter name: shown by ps and top, which keep 15 bytes of it.
    init(_ name: String, _ run: @escaping @Sendable () -> Void) throws(StartFailure) {
        let body = Unmanaged.passRetained(Body(name: String(name.prefix(15)), run: run))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                clibcurl_name_thread(body.name)
                body.run()
                return nil
            }, body.toOpaque()
        )
        guard code == 0 else {
            body.release()
            throw StartFailure(code: code)
        }
        self.thread = thread
    }

    /// Waits for the end. Once for each thread.
    func join() {
        pthread_join(thread, nil)
    }
}
