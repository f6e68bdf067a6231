/// What a mail shows, before it becomes MIME.
package struct RenderedMail: Sendable, Hashable {
    /// One line, at most `PlainText.subjectLimit` scalars.
    package let subject: String
    /// Lines end with LF; lines are as long as what went in.
    package let text: String
    package let html: String
    /// The locale whose templates were used, which is not always the one asked for.
    package let locale: String
}
