internal import CLibCURL

/// An SMTP connection that libcurl has opened, encrypted and logged in: from here on it carries our bytes.
///
/// Not Sendable: one thread at a time, the connector's until it hands over and the lane's from then on.
final class CurlConnection {
    enum SendOutcome: Equatable {
        case taken(Int)
        /// Nothing now. Offer the same bytes again, at the same address and not fewer.
        case blocked
        case failed(String)
    }

    enum ReceiveOutcome: Equatable {
        case bytes(Int)
        case nothingYet
        case closed(String)
    }

    /// A TLS record holds this much. Offering more would let OpenSSL send whole records and then report that nothing
    /// was sent, and a final dot could be out without our knowing.
    static let largestRecord = 16 * 1024

    private let handle: CurlHandle
    let socket: Int32
    let isEncrypted: Bool
    let extensions: SMTPExtensions

    init(handle: CurlHandle, socket: Int32, isEncrypted: Bool, extensions: SMTPExtensions) {
        self.handle = handle
        self.socket = socket
        self.isEncrypted = isEncrypted
        self.extensions = extensions
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> SendOutcome {
        let offered = isEncrypted ? min(bytes.count, Self.largestRecord) : bytes.count
        var taken = 0
        let code = curl_easy_send(handle.easy, bytes.baseAddress, offered, &taken)
        switch code {
        case CURLE_OK: return .taken(taken)
        case CURLE_AGAIN: return .blocked
        default: return .failed(handle.message(for: code))
        }
    }

    /// Read until `nothingYet`: TLS may hold bytes that poll() does not see.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> ReceiveOutcome {
        var count = 0
        let code = curl_easy_recv(handle.easy, buffer.baseAddress, buffer.count, &count)
        switch code {
        case CURLE_OK: return count > 0 ? .bytes(count) : .closed("the relay closed the connection")
        case CURLE_AGAIN: return .nothingYet
        default: return .closed(handle.message(for: code))
        }
    }
}

/// A libcurl easy handle in a multi handle of its own, which drives its connecting and then holds its connection.
///
/// Freeing it closes the socket without a word to the relay: libcurl takes connect-only connections for dead.
final class CurlHandle {
    let easy: UnsafeMutableRawPointer
    let multi: UnsafeMutableRawPointer
    /// Where libcurl writes what went wrong; it must live as long as the handle.
    private let errorText: UnsafeMutablePointer<CChar>

    init?() {
        guard CurlGlobal.isReady, let easy = curl_easy_init() else { return nil }
        guard let multi = curl_multi_init() else {
            curl_easy_cleanup(easy)
            return nil
        }
        self.easy = easy
        self.multi = multi
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        _ = clibcurl_set_error_buffer(easy, errorText)
    }

    deinit {
        // What ends in here must not call back into a dialogue that may be gone.
        _ = clibcurl_setopt_long(easy, CURLOPT_VERBOSE, 0)
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        errorText.deallocate()
    }

    /// libcurl's own words where it has some; they hold host names and certificate errors, never a password.
    func message(for code: CURLcode) -> String {
        let detail = String(cString: errorText)
        return detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    }
}
