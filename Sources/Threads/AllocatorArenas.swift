internal import CLinux
internal import Glibc

/// glibc gives each thread that allocates an arena of its own, up to eight a processor, and returns little of what is freed
/// in them: with two dozen threads the resident size crept up for hours.
package enum AllocatorArenas {
    static let maximumCount: Int32 = 2

    /// Before the first thread starts. The environment's MALLOC_ARENA_MAX (mallopt(3)) overrides.
    package static func bound() {
        guard getenv("MALLOC_ARENA_MAX") == nil else { return }
        mallopt(M_ARENA_MAX, maximumCount)
    }
}
