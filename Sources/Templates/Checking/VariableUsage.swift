/// What a kind's templates ask for, held against what its mails can have.
struct VariableUsage: Sendable {
    /// Payload variables that stand somewhere without a section of their own, and so must be there.
    let required: [String]
    let problems: [TemplateProblem]

    /// Never empty, so it needs no section.
    private static let alwaysThere: Set<String> = ["preferences_url"]

    /// - Parameter contract: which variables an event may lack; without one, those that have a section somewhere.
    init(_ uses: [Composition.Use], kind: TemplateDirectory.Kind, contract: KindContract?) {
        let common = Set(Variable.commonNames)
        let known = (contract?.names ?? kind.sample.names).map(common.union)
        // A section on `note_cut` asks how long the note is, not whether there is one.
        let sections = uses.lazy.filter { $0.isSection && !$0.name.hasSuffix(ValueForm.cutSuffix) }
        let optional = Set(sections.map { ValueForm.base(of: $0.name) }).union(common.subtracting(Self.alwaysThere))
            .union(contract?.optional ?? [])
        var required: Set<String> = []
        var problems: [TemplateProblem] = []

        for use in uses {
            let base = ValueForm.base(of: use.name)
            let fault: String?
            if let known, !known.contains(base) {
                fault = "“\(use.name)” is no variable of \(kind.name); it has \(known.sorted().joined(separator: ", "))"
            } else if use.isSection || use.isGuarded {
                fault = nil
            } else if optional.contains(base) {
                fault = "“\(use.name)” may be missing; put “{{#\(base)}}…{{/\(base)}}” around it"
            } else {
                fault = nil
                if !common.contains(base) { required.insert(base) }
            }
            if let fault { problems.append(TemplateProblem(file: use.file, line: use.line, message: fault)) }
        }
        for name in common.intersection(kind.sample.names ?? []) {
            problems.append(
                TemplateProblem(
                    file: kind.sample.file, line: kind.sample.line(of: name),
                    message: "“\(name)” is given to every mail; a payload cannot have it"))
        }
        self.required = required.sorted()
        self.problems = problems
    }
}
