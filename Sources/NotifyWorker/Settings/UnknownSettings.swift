/// Names that start like ours and are none: most often a slip of the hand that would otherwise change nothing, silently.
enum UnknownSettings {
    /// Set by systemd for services of type notify, and no setting of ours.
    private static let foreign: Set<String> = ["NOTIFY_SOCKET"]

    /// One line for each unknown name, with the nearest known one.
    static func warnings(_ values: SettingValues) -> [String] {
        let declarations = Settings.groups.flatMap { $0.declarations }
        let known = Set(declarations.map(\.name) + declarations.compactMap(\.fileName))
        return values.givenNames.compactMap { name, origin in
            guard !known.contains(name), !foreign.contains(name) else { return nil }
            if origin == .environment, !name.hasPrefix("NOTIFY_") { return nil }
            return "\(LogText.escaped(name)) (\(origin)) is no setting" + hint(for: name, known: known)
        }
    }

    private static func hint(for name: String, known: Set<String>) -> String {
        if name.hasSuffix("_FILE"), known.contains(String(name.dropLast(5))) {
            return "; \(name.dropLast(5)) is no secret: give its value directly"
        }
        let nearest = known.sorted().map { (name: $0, distance: editDistance(name, $0)) }
            .min { $0.distance < $1.distance }
        // Beyond a third of the name a suggestion is noise.
        guard let nearest, nearest.distance * 3 <= name.count else { return "; see: notify-worker config" }
        return "; did you mean \(nearest.name)?"
    }

    /// Levenshtein distance: insertions, deletions and substitutions count one each.
    static func editDistance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8.prefix(128))
        let b = Array(b.utf8.prefix(128))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[b.count]
    }
}
