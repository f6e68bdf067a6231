import Foundation

/// A certificate authority of a test's own, and what it signed. Made with the openssl command.
package final class TestAuthority: Sendable {
    package struct Certificate: Sendable {
        package let chainFile: String
        package let keyFile: String
    }

    package enum Flavour: Sendable, Hashable, CaseIterable {
        /// For `localhost` and 127.0.0.1.
        case valid
        /// Ran out in 2020.
        case expired
        /// For another host.
        case wrongName
        /// Signed by itself and not by the authority.
        case selfSigned
    }

    private let folder: TemporaryFolder

    /// What a client is told to trust.
    package var certificateFile: String { "\(folder.path)/ca.pem" }

    private init(folder: TemporaryFolder) {
        self.folder = folder
    }

    deinit { folder.remove() }

    package static func make() async throws -> TestAuthority {
        let authority = TestAuthority(folder: try TemporaryFolder())
        let extensions = "basicConstraints=critical,CA:TRUE,keyUsage=critical,keyCertSign"
        try await authority.makeKey("ca")
        try await authority.sign("ca", by: nil, subject: "/CN=Test authority", extensions: extensions, isExpired: false)
        return authority
    }

    package func certificate(_ flavour: Flavour) async throws -> Certificate {
        let name = "\(flavour)"
        let host = flavour == .wrongName ? "DNS:elsewhere.example" : "DNS:localhost,IP:127.0.0.1"
        try await makeKey(name)
        try await sign(
            name,
            by: flavour == .selfSigned ? nil : "ca",
            subject: "/CN=\(flavour == .wrongName ? "elsewhere.example" : "localhost")",
            extensions: "subjectAltName=\(host)",
            isExpired: flavour == .expired
        )
        return Certificate(chainFile: "\(folder.path)/\(name).pem", keyFile: "\(folder.path)/\(name).key")
    }

    private func makeKey(_ name: String) async throws {
        try await openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "\(name).key")
    }

    /// `openssl ca` can set both dates, which `openssl x509` of OpenSSL 3.0 cannot.
    private func sign(
        _ name: String,
        by issuer: String?,
        subject: String,
        extensions: String,
        isExpired: Bool
    ) async throws {
        let configuration = """
            [ca]
            default_ca = here
            [here]
            database = index-\(name).txt
            new_certs_dir = .
            rand_serial = yes
            default_md = sha256
            policy = anything
            unique_subject = no
            x509_extensions = extensions
            [anything]
            commonName = supplied
            [extensions]
            \(extensions.replacing(/,(?=[a-zA-Z]+=)/, with: "\n"))
            [req]
            distinguished_name = name
            [name]

            """
        try folder.write("\(name).cnf", configuration)
        try folder.write("index-\(name).txt", "")
        try await openssl(
            "req", "-new", "-config", "\(name).cnf", "-key", "\(name).key", "-subj", subject, "-out", "\(name).csr")
        let signer =
            issuer.map { ["-cert", "\($0).pem", "-keyfile", "\($0).key"] }
            ?? ["-selfsign", "-keyfile", "\(name).key"]
        let dates = ["-startdate", "20200101000000Z", "-enddate", isExpired ? "20200201000000Z" : "20491231235959Z"]
        try await openssl(
            ["ca", "-batch", "-notext", "-config", "\(name).cnf", "-in", "\(name).csr", "-out", "\(name).pem"]
                + signer + dates
        )
    }

    private func openssl(_ arguments: String...) async throws { try await openssl(arguments) }

    private func openssl(_ arguments: [String]) async throws {
        try await Command.run("openssl", arguments, in: folder.url)
    }
}
