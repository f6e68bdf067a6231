import TestSupport
import Testing

@Suite(.serialized)
struct TestAuthorityTests {
    @Test(
        "Only the valid certificate satisfies a client that trusts the authority",
        arguments: [
            (TestAuthority.Flavour.valid, ""), (.expired, "certificate has expired"),
            (.wrongName, "Hostname mismatch"), (.selfSigned, "self-signed certificate"),
        ]
    )
    func verification(flavour: TestAuthority.Flavour, complaint: String) async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.certificate(flavour)
        try await RealServer.with({ try await .aiosmtpd(certificate: certificate) }) { server in
            let printed = try await smtplib(
                """
                context = ssl.create_default_context(cafile="\(authority.certificateFile)")
                client = smtplib.SMTP("localhost", \(server.port), timeout=20)
                try:
                    client.starttls(context=context)
                    print("trusted")
                except ssl.SSLCertVerificationError as error:
                    print(error.verify_message)
                """
            )
            #expect(flavour == .valid ? printed == "trusted" : printed.contains(complaint))
        }
    }
}
