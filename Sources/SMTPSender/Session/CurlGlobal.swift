internal import CLibCURL

/// libcurl's own state, made once for the process before its first handle.
enum CurlGlobal {
    static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
