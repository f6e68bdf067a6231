internal import Glibc

/// Why a journal cannot be kept.
package struct JournalError: Error, CustomStringConvertible {
    package let description: String

    init(_ task: String, _ path: String, errno code: Int32 = errno) {
        description = "cannot \(task) \(path): \(String(cString: strerror(code)))"
    }
}
