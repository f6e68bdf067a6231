/// A span of seconds for people: the two largest units, such as `3 d 4 h`, `5 m 20 s`, `12 s`.
func shortSpan(seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e12)))
    let units = [("d", whole / 86_400), ("h", whole / 3_600 % 24), ("m", whole / 60 % 60), ("s", whole % 60)]
    guard let first = units.firstIndex(where: { $0.1 > 0 }) else { return "0 s" }
    return units[first...].prefix(2).filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: " ")
}
