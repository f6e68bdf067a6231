/// One kind of mail in all its locales.
struct KindTemplates: Sendable {
    let name: String
    let sample: [String: String]
    /// Payload variables that some template uses outside of a section of their own.
    let required: [String]
    /// By normalised tag.
    let locales: [String: LocaleTemplates]
}

/// One kind's three parts in one locale, composed and parsed.
struct LocaleTemplates: Sendable {
    /// As its folder is named.
    let locale: String
    let subject: PartTemplate
    let text: PartTemplate
    let html: PartTemplate
    /// Those that some part names.
    let variables: [Variable]
    let dateStyle: DateStyle

    func render(_ values: MailValues) -> RenderedMail {
        RenderedMail(
            subject: PlainText.line(subject.render(values.text), limit: PlainText.subjectLimit),
            text: text.render(values.text), html: html.render(values.html), locale: locale)
    }
}
