import Foundation
import TestSupport
import Testing

@testable import DevMailbox

struct MIMETests {
    @Test(
        "Encoded words are decoded, and what is none is left alone",
        arguments: [
            ("plain", "plain"), ("=?utf-8?B?w6Q=?=", "ä"), ("=?UTF-8?q?a=C3=A4_b?=", "aä b"),
            ("=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=", "äö"), ("=?utf-8?B?w6Q=?= x =?utf-8?B?w7Y=?=", "ä x ö"),
            ("=?utf-8?B?5ZI=?= =?utf-8?B?jA==?=", "和"), ("=?iso-8859-1?Q?=E4?=", "ä"),
            ("=?utf-8*de?Q?x?=", "x"), ("a =? b", "a =? b"), ("=?utf-8?X?x?=", "=?utf-8?X?x?="),
        ]
    )
    func encodedWords(value: String, expected: String) {
        #expect(decodeEncodedWords(value) == expected)
    }

    @Test(
        "What Python's email package composes is decoded back",
        arguments: ["7bit", "quoted-printable", "base64", "8bit"])
    func roundTrip(encoding: String) async throws {
        let text =
            encoding == "7bit" ? "plain\n.dot\nlast\n" : "Grüße = 和\n.dot\n\(String(repeating: "lang ", count: 40))\n"
        let html = "<p>\(text)</p>\n"
        let composed = try await smtplib(
            """
            from email.message import EmailMessage
            from email.policy import SMTP
            mail = EmailMessage(policy=SMTP)
            mail["Subject"] = "Größe: a fairly long subject that has to be folded somewhere, 和和和和 and on"
            mail["To"] = "Jürgen Größer <j@b.example>"
            mail.set_content(base64.b64decode("\(Data(text.utf8).base64EncodedString())").decode(), cte="\(encoding)")
            mail.add_alternative(base64.b64decode("\(Data(html.utf8).base64EncodedString())").decode(),
                                 subtype="html", cte="\(encoding)")
            print(base64.b64encode(mail.as_bytes()).decode())
            """
        )
        let content = Array(try #require(Data(base64Encoded: composed)))
        let entity = MIMEEntity(content[...])
        let ended = { (text: String) in text.replacing("\r\n", with: "\n") }
        #expect(
            ended(try #require(entity.text(ofType: "text/plain"))).trimmingCharacters(in: .newlines)
                == text.trimmingCharacters(in: .newlines))
        #expect(
            ended(try #require(entity.text(ofType: "text/html"))).trimmingCharacters(in: .newlines)
                == html.trimmingCharacters(in: .newlines))
        #expect(
            entity.header["subject"].map(decodeEncodedWords)
                == "Größe: a fairly long subject that has to be folded somewhere, 和和和和 and on")
        #expect(entity.header["To"].map(decodeEncodedWords) == "Jürgen Größer <j@b.example>")
    }

    @Test(
        "Broken structure is read without harm",
        arguments: [
            "", "\r\n", "no colon", "A: b", "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n--x--",
        ])
    func brokenStructure(content: String) {
        let entity = MIMEEntity(Array(content.utf8)[...])
        #expect(entity.text(ofType: "text/html") == nil)
    }
}
