import Glibc

/// Numeric addresses, judged by the system's own parser.
enum IPAddress {
    /// 32 or 128; nil where the text is no numeric address.
    static func bits(of text: String) -> Int? {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return 32 }
        if inet_pton(AF_INET6, text, &v6) == 1 { return 128 }
        return nil
    }
}
