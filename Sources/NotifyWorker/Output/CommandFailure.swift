/// Why a command ended without having done its work, for the person who typed it.
struct CommandFailure: Error {
    /// What was wrong, in one sentence, without secrets.
    let message: String
    /// What to do about it.
    let mend: String?
    let exit: ExitStatus

    init(_ message: String, mend: String? = nil, exit: ExitStatus = .failed) {
        self.message = message
        self.mend = mend
        self.exit = exit
    }
}

/// The exit codes of the program (sysexits.h).
enum ExitStatus: Int32, Sendable {
    case success = 0
    /// It could not be done, or something is not as it should be.
    case failed = 1
    /// The command line was wrong.
    case usage = 64
    /// A setting is missing or wrong.
    case configuration = 78
}
