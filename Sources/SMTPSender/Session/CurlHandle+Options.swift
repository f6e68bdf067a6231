internal import CLibCURL

extension CurlHandle {
    /// Sets everything for connecting; the first option that libcurl does not take, as its error.
    func prepare(for configuration: RelayConfiguration, dialogue: ConnectDialogue) -> CURLcode? {
        for (option, value) in Self.numbers(for: configuration) {
            let code = clibcurl_setopt_long(easy, option, value)
            guard code == CURLE_OK else { return code }
        }
        for (option, value) in Self.texts(for: configuration) {
            let code = clibcurl_setopt_string(easy, option, value)
            guard code == CURLE_OK else { return code }
        }
        listen(dialogue)
        return nil
    }

    private static func numbers(for configuration: RelayConfiguration) -> [(CURLoption, Int)] {
        let security =
            configuration.isEncryptionRequired
            ? CURLUSESSL_ALL : configuration.tls == .opportunistic ? CURLUSESSL_TRY : CURLUSESSL_NONE
        return [
            (CURLOPT_CONNECT_ONLY, 1),
            (CURLOPT_NOSIGNAL, 1),
            (CURLOPT_USE_SSL, Int(security.rawValue)),
            (CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            (CURLOPT_SSL_VERIFYPEER, 1),
            (CURLOPT_SSL_VERIFYHOST, 2),
            (CURLOPT_TCP_KEEPALIVE, 1),
            // A name lookup that hangs must not hold up a cancelled attempt: its thread is left to end by itself.
            (CURLOPT_QUICK_EXIT, 1),
            // The attempt keeps its own time, phase by phase; libcurl's limits only have to be out of the way.
            (CURLOPT_CONNECTTIMEOUT, 86_400),
            (CURLOPT_SERVER_RESPONSE_TIMEOUT, 86_400),
            (CURLOPT_VERBOSE, 1),
        ]
    }

    private static func texts(for configuration: RelayConfiguration) -> [(CURLoption, String)] {
        var texts: [(CURLoption, String)] = [
            (CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            (CURLOPT_URL, configuration.curlURL),
            // The environment's proxies are for the web.
            (CURLOPT_NOPROXY, "*"),
        ]
        if let file = configuration.caFile { texts.append((CURLOPT_CAINFO, file)) }
        if let credentials = configuration.credentials {
            texts.append((CURLOPT_USERNAME, credentials.username))
            texts.append((CURLOPT_PASSWORD, credentials.password))
            // Over TLS the plain ones are safe, and what NTLM or GSSAPI would try needs more than a password.
            texts.append(
                (CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5;AUTH=SCRAM-SHA-1;AUTH=SCRAM-SHA-256"))
        }
        return texts
    }

    /// Lets the dialogue see the relay's replies and libcurl's remark on the cipher.
    private func listen(_ dialogue: ConnectDialogue) {
        let context = Unmanaged.passUnretained(dialogue).toOpaque()
        _ = clibcurl_set_header_callback(
            easy,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let dialogue = Unmanaged<ConnectDialogue>.fromOpaque(context).takeUnretainedValue()
                let length = size * count
                return dialogue.received(UnsafeRawBufferPointer(start: bytes, count: length), now: .now) ? length : 0
            }, context
        )
        _ = clibcurl_set_debug_callback(
            easy,
            { _, kind, bytes, length, context in
                guard kind == CURLINFO_TEXT, let bytes, let context else { return 0 }
                let dialogue = Unmanaged<ConnectDialogue>.fromOpaque(context).takeUnretainedValue()
                dialogue.note(
                    text: String(decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self))
                return 0
            }, context
        )
    }

    /// The dialogue goes away; the handle goes on.
    func stopListening() {
        _ = clibcurl_setopt_long(easy, CURLOPT_VERBOSE, 0)
        _ = clibcurl_set_header_callback(easy, { _, size, count, _ in size * count }, nil)
        _ = clibcurl_set_debug_callback(easy, { _, _, _, _, _ in 0 }, nil)
    }
}

extension RelayConfiguration {
    /// libcurl takes the EHLO name from the URL's path.
    fileprivate var curlURL: String {
        let hello = helloName.utf8
            .map { byte in
                switch byte {
                case 0x3A: "%3A"
                case 0x5B: "%5B"
                case 0x5D: "%5D"
                default: String(UnicodeScalar(byte))
                }
            }
            .joined()
        return "\(usesImplicitTLS ? "smtps" : "smtp")://\(name)/\(hello)"
    }
}
