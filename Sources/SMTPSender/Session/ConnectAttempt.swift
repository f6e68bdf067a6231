internal import CLibCURL
internal import Threads

/// One try to open a session: name lookup, TCP, TLS, greeting, EHLO and login, by libcurl.
///
/// `run` blocks for up to the sum of the connect and greeting timeouts, so it belongs on a thread of its own.
struct ConnectAttempt {
    let configuration: RelayConfiguration
    /// Readable when the attempt is to end at once.
    let cancel: WakeSignal

    func run() -> Result<CurlConnection, ConnectionFault> {
        runWithReport().map(\.connection)
    }

    func runWithReport() -> Result<(connection: CurlConnection, dialogue: ConnectDialogue), ConnectionFault> {
        if configuration.credentials != nil, configuration.tls == .off, !configuration.usesImplicitTLS {
            return .failure(.loginUnsafe(configuration))
        }
        guard let handle = CurlHandle() else {
            return .failure(ConnectionFault(kind: .connect, phase: .connect, message: "libcurl gave no handle"))
        }
        let dialogue = ConnectDialogue(configuration: configuration, now: .now)
        let classifier = ConnectFaultClassifier(configuration: configuration, dialogue: dialogue)
        if let code = handle.prepare(for: configuration, dialogue: dialogue) {
            return .failure(classifier.fault(code, handle.message(for: code)))
        }
        let ending = drive(handle, dialogue)
        handle.stopListening()
        switch ending {
        case .result(CURLE_OK):
            return finish(handle, dialogue, classifier).map { ($0, dialogue) }
        case .result(let code): return .failure(classifier.fault(code, handle.message(for: code)))
        case .timedOut: return .failure(classifier.timeout)
        case .cancelled:
            return .failure(ConnectionFault(kind: .closed, phase: dialogue.phase, message: "connecting was given up"))
        }
    }

    private enum Ending {
        case result(CURLcode)
        case timedOut, cancelled
    }

    private func drive(_ handle: CurlHandle, _ dialogue: ConnectDialogue) -> Ending {
        let start = ContinuousClock.now
        var running: Int32 = 0
        guard curl_multi_add_handle(handle.multi, handle.easy) == CURLM_OK else { return .result(CURLE_FAILED_INIT) }
        while true {
            curl_multi_perform(handle.multi, &running)
            if let code = handle.result { return .result(code) }
            let now = ContinuousClock.now
            dialogue.progressed(
                isConnected: handle.microseconds(CURLINFO_CONNECT_TIME_T) > 0,
                isHandshakeDone: handle.microseconds(CURLINFO_APPCONNECT_TIME_T) > 0, now: now
            )
            let isOpening = dialogue.phase == .connect || (dialogue.phase == .tls && dialogue.lastReply == nil)
            let deadline =
                isOpening ? start + configuration.timeouts.connect : dialogue.since + configuration.timeouts.greeting
            guard now < deadline else { return .timedOut }
            var extra = curl_waitfd(fd: cancel.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
            curl_multi_poll(handle.multi, &extra, 1, min((deadline - now).pollTimeout, 1_000), &running)
            if extra.revents != 0 { return .cancelled }
        }
    }

    private func finish(
        _ handle: CurlHandle, _ dialogue: ConnectDialogue, _ classifier: ConnectFaultClassifier
    ) -> Result<CurlConnection, ConnectionFault> {
        let isEncrypted = handle.microseconds(CURLINFO_APPCONNECT_TIME_T) > 0
        guard isEncrypted || !configuration.isEncryptionRequired else { return .failure(classifier.unencrypted) }
        guard configuration.credentials == nil || dialogue.isLoggedIn else { return .failure(classifier.loginMissing) }
        var socket = CURL_SOCKET_BAD
        guard clibcurl_getinfo_socket(handle.easy, &socket) == CURLE_OK, socket != CURL_SOCKET_BAD else {
            return .failure(
                ConnectionFault(kind: .closed, phase: dialogue.phase, message: "the connection closed at once"))
        }
        return .success(
            CurlConnection(handle: handle, socket: socket, isEncrypted: isEncrypted, extensions: dialogue.extensions)
        )
    }
}

extension CurlHandle {
    /// The attempt's result, once it has one.
    fileprivate var result: CURLcode? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE { return message.pointee.data.result }
        }
        return nil
    }

    fileprivate func microseconds(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return clibcurl_getinfo_time(easy, info, &value) == CURLE_OK ? Int64(value) : 0
    }
}
