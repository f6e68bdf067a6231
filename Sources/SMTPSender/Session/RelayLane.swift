/// Drives all connections to one relay from one thread.
package final class RelayLane: @unchecked Sendable {
}
