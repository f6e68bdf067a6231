import Glibc
import Synchronization

/// A server process that ends when we do, however we end.
///
/// A shell between us and it reads from a pipe whose other end only we hold. When that end closes, by `stop` or because
/// we were killed, the shell signals the server, waits for it, and removes what is to be removed. `PR_SET_PDEATHSIG`
/// would fire when the *thread* that started the server ends, and could not clean up. The server is in a session of its
/// own: Ctrl-C reaches us and not it, so that what needs it can end first.
package final class SupervisedProcess: Sendable {
    package struct Command: Sendable {
        package var arguments: [String]
        package var account: ServerAccount?
        /// Without `SIG`.
        package var stopSignal = "TERM"
        package var removedAfterwards: [String] = []

        package init(_ arguments: [String], account: ServerAccount? = nil) {
            self.arguments = arguments
            self.account = account
        }
    }

    private static let script = """
        cd /
        signal=$1; shift
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        { read -r _ <&3; kill -s "$signal" "$server"; } >/dev/null 2>&1 &
        watcher=$!
        exec 3<&-
        wait "$server"; status=$?
        kill "$watcher" 2>/dev/null
        eval "set -- $REMOVED_AFTERWARDS"
        [ $# -eq 0 ] || rm -rf -- "$@"
        exit "$status"
        """

    package let processID: Int32
    private let leash: Int32
    private let log: ProcessLog
    private let isStopped = Atomic(false)

    /// Starts the command, and waits until it has written a line in which `isReady` sees that it is.
    package init(
        _ command: Command, logFile: String? = nil, timeout: Duration = .seconds(60),
        isReady: @escaping @Sendable (Substring) -> Bool
    ) throws(DevPostgresError) {
        let output = try Pipe.make()
        let input = try Pipe.make()
        let quoted = command.removedAfterwards.map { "'\($0.replacing("'", with: "'\\''"))'" }
        let arguments =
            (command.account?.commandPrefix ?? []) + ["/bin/sh", "-c", Self.script, "sh", command.stopSignal]
            + command.arguments
        let environment = Self.environment + ["REMOVED_AFTERWARDS=\(quoted.joined(separator: " "))"]
        do {
            // Closed at once, or the end of the process would not show.
            defer {
                close(input.read)
                close(output.write)
            }
            processID = try Self.spawn(arguments, environment, input: input.read, output: output.write)
        } catch {
            close(input.write)
            close(output.read)
            throw error
        }
        leash = input.write
        log = ProcessLog(descriptor: output.read, file: logFile, isReady: isReady)
        log.start()
        guard log.waitUntilReady(timeout: timeout) else {
            stop()
            throw .failed(command.arguments.first ?? "", output: log.tail)
        }
    }

    deinit {
        stop()
    }

    /// The last lines that the process wrote.
    package var logTail: String { log.tail }

    /// Ends the process and returns when it is gone. A second call does nothing.
    package func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        close(leash)
        if !log.waitUntilEnd(timeout: .seconds(15)) { kill(-processID, SIGKILL) }
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
    }

    /// Runs a command to its end; its exit status, and all that it wrote.
    package static func run(
        _ arguments: [String], account: ServerAccount? = nil
    ) throws(DevPostgresError) -> (status: Int32, output: String) {
        let output = try Pipe.make()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer {
            close(null)
            close(output.read)
        }
        let spawned: Int32
        do {
            spawned = try spawn(
                (account?.commandPrefix ?? []) + arguments, environment, input: null, output: output.write)
        } catch {
            close(output.write)
            throw error
        }
        close(output.write)
        var text: [UInt8] = []
        while let bytes = Pipe.read(output.read) { text += bytes }
        var status: Int32 = 0
        while waitpid(spawned, &status, 0) < 0, errno == EINTR {}
        // A normal exit has its code in the second byte, a signal in the first.
        return (status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f, String(decoding: text, as: UTF8.self))
    }

    /// A new folder for a process's files, which only its account and root can look into.
    package static func makeFolder(prefix: String, account: ServerAccount?) throws(DevPostgresError) -> String {
        try FileSystem.makeTemporaryFolder(prefix: prefix, owner: account)
    }

    /// Little of ours: PGPORT and the like must not reach a private server.
    private static let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"]

    private static func spawn(
        _ arguments: [String], _ environment: [String], input: Int32, output: Int32
    ) throws(DevPostgresError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        // A server that outlives us must not hold open what somebody waits to see closed, such as our standard output.
        for descriptor in FileSystem.entries(of: "/proc/self/fd").compactMap(Int32.init) where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // POSIX_SPAWN_SETSID (0x80; glibc 2.26), POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK: neither our ignored nor our
        // blocked signals are for the server.
        posix_spawnattr_setflags(&attributes, 0x80 | Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var processID: pid_t = 0
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        let failure = posix_spawn(&processID, arguments[0], &actions, &attributes, argv, envp)
        guard failure == 0 else { throw .system("cannot start \(arguments[0])", errno: failure) }
        return processID
    }
}
