/// Names that start like ours and are none: most often a slip of the hand that would otherwise change nothing, silently.
enum UnknownSettings {
    /// Set by systemd for services of type notify, and no setting of ours.
    private static let foreign: Set<String> = ["NOTIFY_SOCKET"]

    /// One for each unknown name, with the nearest known one.
    static func problems(_ values: SettingValues) -> [SettingsError.Problem] {
        let declarations = Settings.groups.flatMap { $0.declarations }
        let known = Set(declarations.map(\.name) + declarations.compactMap(\.fileName))
        return values.givenNames.compactMap { name, origin in
            guard !known.contains(name), !foreign.contains(name) else { return nil }
            if origin == .environment, !name.hasPrefix("NOTIFY_") { return nil }
            return SettingsError.Problem(
                name: LogText.escaped(name), message: "(\(origin)) is no setting" + hint(for: name, known: known),
                mend: "Mend the name or remove it: it changes nothing.")
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

    /// Insertions, deletions, substitutions and swaps of neighbours count one each (optimal string alignment).
    static func editDistance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8.prefix(128))
        let b = Array(b.utf8.prefix(128))
        var (beforeLast, last) = ([Int](), Array(0...b.count))
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { distance = min(distance, beforeLast[j - 1] + 1) }
                row.append(distance)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
