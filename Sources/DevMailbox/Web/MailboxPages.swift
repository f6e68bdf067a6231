import Foundation

/// The ways to look at one mail.
enum MailTab: String, CaseIterable {
    case html, text, headers, raw

    var label: String {
        switch self {
        case .html: "HTML"
        case .text: "Text"
        case .headers: "Headers"
        case .raw: "Raw"
        }
    }
}

/// The mailbox's pages as HTML. Pure. They work without script; with it the list renews itself.
struct MailboxPages: Sendable {
    private static let listLimit = 500

    let smtpPort: Int

    /// Newest first.
    func list(_ state: MailboxState) -> String {
        let shown = state.mails.suffix(Self.listLimit).reversed()
        let rows = shown.map { row(MailSummary($0)) }.joined(separator: "\n")
        let hidden = state.mailCount - shown.count
        let more = hidden > 0 ? "<p class=\"more\">and \(hidden) older</p>" : ""
        let empty = """
            <div class="empty"><p>No mail yet.</p>
            <p>What is sent to <code>smtp://127.0.0.1:\(smtpPort)</code> appears here and goes nowhere else.</p></div>
            """
        let violations =
            state.violations.isEmpty
            ? ""
            : "<p class=\"warning\">Violations of the protocol by clients: \(state.violations.count), last \(state.violations.last?.kind.rawValue ?? "").</p>"
        return document(
            title: "Mailbox (\(state.mailCount))",
            head: "<noscript><meta http-equiv=\"refresh\" content=\"3\"></noscript>",
            """
            <header class="bar"><h1>Mailbox</h1>
            <span class="count">\(state.mailCount) \(state.mailCount == 1 ? "mail" : "mails")</span>
            <span class="where">smtp://127.0.0.1:\(smtpPort)</span></header>
            <main id="list" data-count="\(state.mailCount)">\(violations)
            \(shown.isEmpty ? empty : "<ol class=\"mails\">\n\(rows)\n</ol>")\(more)</main>
            <script src="/refresh.js" defer></script>
            """
        )
    }

    func mail(_ summary: MailSummary, tab: MailTab) -> String {
        let id = summary.mail.id
        let tabs = MailTab.allCases.map { each in
            let current = each == tab ? " aria-current=\"page\"" : ""
            return "<a href=\"/mails/\(id)/\(each.rawValue)\"\(current)>\(each.label)</a>"
        }
        let via = [
            "mail \(id)", "session \(summary.mail.session)", size(summary.mail.content.count),
            summary.mail.isEncrypted ? "TLS" : "in clear", summary.mail.login.map { "login \($0)" },
        ]
        return document(
            title: summary.subject,
            """
            <header class="bar"><a class="back" href="/" aria-label="All mails">←</a><h1>Mailbox</h1>
            <a class="where" href="/mails/\(id)/mail.eml">Download .eml</a></header>
            <main><article class="mail"><h2 dir="auto">\(escaped(summary.subject))</h2>
            <dl class="envelope"><dt>From</dt><dd dir="auto">\(escaped(summary.from))</dd>
            <dt>To</dt><dd dir="auto">\(escaped(summary.to))</dd>
            <dt>Envelope</dt><dd>\(escaped(envelope(summary.mail)))</dd>
            <dt>Taken</dt><dd>\(clock(summary.mail.capturedAt, withDate: true))
            <span class="via">\(escaped(via.compactMap(\.self).joined(separator: " · ")))</span></dd></dl>
            <nav class="tabs" aria-label="Views">\(tabs.joined())</nav>
            \(content(summary, tab))</article></main>
            """
        )
    }

    /// The HTML part as its frame gets it: links open a window of their own.
    func framedHTML(_ summary: MailSummary) -> String {
        let html = summary.entity.text(ofType: "text/html") ?? ""
        guard let head = html.firstRange(of: /<head[^>]*>/) else { return html }
        return html[..<head.upperBound] + "<base target=\"_blank\">" + html[head.upperBound...]
    }

    private func row(_ summary: MailSummary) -> String {
        """
        <li><a href="/mails/\(summary.mail.id)"><span class="to" dir="auto">\(escaped(summary.to))</span>
        <time>\(clock(summary.mail.capturedAt))</time>
        <span class="subject" dir="auto">\(escaped(summary.subject))</span>
        <span class="preview" dir="auto">\(escaped(summary.preview))</span></a></li>
        """
    }

    private func content(_ summary: MailSummary, _ tab: MailTab) -> String {
        switch tab {
        case .html:
            guard summary.entity.text(ofType: "text/html") != nil else { return absent("HTML") }
            return """
                <div class="widths"><input type="radio" name="width" id="wide" checked><label for="wide">Desktop</label>
                <input type="radio" name="width" id="narrow"><label for="narrow">Phone</label>
                <div class="frame"><iframe title="The mail as HTML" src="/mails/\(summary.mail.id)/part.html"
                 sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe></div></div>
                """
        case .text:
            guard let text = summary.entity.text(ofType: "text/plain") else { return absent("text") }
            return "<pre class=\"text\" dir=\"auto\">\(escaped(text))</pre>"
        case .headers:
            let rows = summary.entity.header.fields.map { field in
                "<tr><th>\(escaped(field.name))</th><td dir=\"auto\">\(escaped(decodeEncodedWords(field.value)))</td></tr>"
            }
            return "<table class=\"headers\">\(rows.joined(separator: "\n"))</table>"
        case .raw:
            return "<pre class=\"raw\">\(escaped(String(decoding: summary.mail.content, as: UTF8.self)))</pre>"
        }
    }

    private func absent(_ part: String) -> String { "<p class=\"absent\">This mail has no \(part) part.</p>" }

    private func envelope(_ mail: CapturedMail) -> String {
        let parameters = mail.parameters.isEmpty ? "" : " " + mail.parameters.joined(separator: " ")
        return "<\(mail.sender)>\(parameters) → " + mail.recipients.map { "<\($0)>" }.joined(separator: ", ")
    }

    private func size(_ octets: Int) -> String {
        octets < 10_000 ? "\(octets) bytes" : "\((octets + 512) / 1024) KB"
    }

    /// The machine's local time: who reads this sits at it.
    private func clock(_ date: Date, withDate: Bool = false) -> String {
        let parts = Calendar(identifier: .gregorian)
            .dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        let padded = { (number: Int?) in (number ?? 0) < 10 ? "0\(number ?? 0)" : "\(number ?? 0)" }
        let time = [parts.hour, parts.minute, parts.second].map(padded).joined(separator: ":")
        let day = [parts.year, parts.month, parts.day].map(padded).joined(separator: "-")
        return withDate ? "\(day) \(time)" : time
    }

    private func document(title: String, head: String = "", _ body: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="stylesheet" href="/style.css"><link rel="icon" href="data:,">\(head)</head>
        <body>\(body)</body></html>
        """
    }
}
