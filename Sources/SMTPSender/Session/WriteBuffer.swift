internal import Glibc

/// The bytes on their way to one relay, at an address that stays put.
///
/// When libcurl cannot take bytes now, the same ones must be offered again at the same address and not fewer of them:
/// OpenSSL answers anything else with "bad write retry" and the connection is dead. So the memory moves only while
/// nothing of it has been offered in vain.
package struct WriteBuffer: ~Copyable {
    /// A buffer that grew beyond this for one large mail is given back once it is written.
    private static let keptCapacity = 512 * 1024

    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private var count = 0
    private var sent = 0
    /// Bytes written and dropped from the buffer before `base`.
    private var earlier = 0
    /// Set while the relay takes nothing: the last offer was not taken whole.
    package private(set) var isBlocked = false

    package init(capacity: Int = 32 * 1024) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// All bytes ever appended, and all ever taken: positions in the connection's output.
    package var appendedTotal: Int { earlier + count }
    package var sentTotal: Int { earlier + sent }
    package var isDrained: Bool { sent == count }

    /// What is still to be written.
    package var unsent: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + sent, count: count - sent) }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        memcpy(base + count, source, bytes.count)
        count += bytes.count
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    private mutating func reserve(_ more: Int) {
        if isDrained { rewind() }
        guard count + more > capacity else { return }
        precondition(!isBlocked, "a buffer whose bytes were offered in vain must not move")
        var grown = capacity
        while grown < count + more { grown *= 2 }
        let moved = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
        memcpy(moved, base, count)
        base.deallocate()
        base = moved
        capacity = grown
    }

    private mutating func rewind() {
        earlier += count
        count = 0
        sent = 0
        guard capacity > Self.keptCapacity else { return }
        base.deallocate()
        capacity = Self.keptCapacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    /// `taken` of the unsent bytes are on their way; a blocked offer is repeated from there.
    package mutating func advance(by taken: Int, blocked: Bool) {
        sent += taken
        isBlocked = blocked && !isDrained
    }
}
