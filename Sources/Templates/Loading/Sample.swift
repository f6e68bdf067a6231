/// A kind's `sample.json`: a payload with every variable that the kind can have.
struct Sample: Sendable {
    let file: String
    let payload: [String: String]
    /// The payload's names, those with bad values too; nil if the file could not be read, so that nobody knows.
    let names: Set<String>?
    let problems: [TemplateProblem]
    private let lines: [String: Int]

    /// `json` is nil where there is no file, which its reader has reported.
    init(file: String, json: String?) {
        self.file = file
        var reader = JSONReader(file: file, json: json ?? "{}")
        names = json == nil || !reader.problems.isEmpty ? nil : Set(reader.object.keys)
        var payload: [String: String] = [:]
        var lines: [String: Int] = [:]
        for (name, value) in reader.object {
            lines[name] = reader.line(of: name)
            guard let text = value as? String else {
                reader.report("“\(name)” must be a string, as all payload values are", key: name)
                continue
            }
            payload[name] = text
            if let fault = Self.fault(name, text) { reader.report(fault, key: name) }
        }
        self.payload = payload
        self.lines = lines
        problems = reader.problems
    }

    func line(of name: String) -> Int? { lines[name] }

    /// Whether the sample shows what events have: with a name too many or too few, previews and checks would tell of
    /// mails that are never sent.
    func problems(against contract: KindContract) -> [TemplateProblem] {
        guard let names else { return [] }
        // Names that every mail has are told elsewhere.
        let unknown = names.subtracting(contract.names).subtracting(Variable.commonNames).sorted()
            .map { name in
                TemplateProblem(
                    file: file, line: line(of: name), message: "no event of \(contract.kind) has “\(name)”")
            }
        let missing = contract.names.subtracting(names).sorted()
            .map { name in
                TemplateProblem(file: file, message: "“\(name)” is missing; events of \(contract.kind) can have it")
            }
        return unknown + missing
    }

    private static func fault(_ name: String, _ value: String) -> String? {
        if PlainText.block(value).isEmpty { return "“\(name)” is empty; a sample shows every variable" }
        return switch ValueForm(ofVariable: name) {
        case .link where !Link.isSafe(value): "“\(name)” is not an http or https address"
        case .time where ZonedTimestamp(iso8601: value) == nil: "“\(name)” is not an ISO 8601 time with a zone"
        default: nil
        }
    }
}
