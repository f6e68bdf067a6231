import Synchronization

/// The rules in force and what they have counted. May be changed while sessions run.
package final class FaultScript: Sendable {
    private struct Active {
        let rule: FaultRule
        var occasions = 0
        var hits = 0
        var occasionsByRecipient: [String: Int] = [:]
        var randomness: SplitMix64

        init(_ rule: FaultRule) {
            self.rule = rule
            var seed: UInt64 = 0
            if case .probability(_, seed: let given) = rule.occurrence { seed = given }
            randomness = SplitMix64(state: seed)
        }

        mutating func hits(_ recipient: String) -> Bool {
            occasions += 1
            switch rule.occurrence {
            case .always: return true
            case .nth(let number): return occasions == number
            case .first(let number): return occasions <= number
            case .every(let number): return occasions.isMultiple(of: max(number, 1))
            case .firstForEachRecipient(let number):
                occasionsByRecipient[recipient, default: 0] += 1
                return occasionsByRecipient[recipient, default: 0] <= number
            case .probability(let probability, seed: _):
                return Double.random(in: 0..<1, using: &randomness) < probability
            }
        }
    }

    private let active: Mutex<[Active]>

    init(_ rules: [FaultRule]) {
        active = Mutex(rules.map(Active.init))
    }

    /// Replaces all rules; counts begin anew. The first rule that hits wins.
    package func set(_ rules: [FaultRule]) {
        active.withLock { $0 = rules.map(Active.init) }
    }

    /// How often each rule took effect, in their order.
    package var hits: [Int] { active.withLock { $0.map(\.hits) } }

    /// What is to happen at `stage`, if anything. Asking counts as an occasion for each rule that matches.
    func action(at stage: FaultRule.Stage, recipients: [String] = []) -> FaultRule.Action? {
        firstHit(recipients) { $0 == stage }?.action
    }

    /// The fault that the content now beginning will run into, and after how many octets.
    func contentFault(recipients: [String]) -> (afterBytes: Int, action: FaultRule.Action)? {
        let hit = firstHit(recipients) { stage in
            if case .content = stage { true } else { false }
        }
        guard let hit, case .content(let afterBytes) = hit.stage else { return nil }
        return (afterBytes, hit.action)
    }

    private func firstHit(_ recipients: [String], _ isMeant: (FaultRule.Stage) -> Bool) -> FaultRule? {
        active.withLock { active in
            var hit: Int?
            for index in active.indices where isMeant(active[index].rule.stage) {
                guard let matched = matched(active[index].rule, recipients) else { continue }
                if active[index].hits(matched), hit == nil { hit = index }
            }
            guard let hit else { return nil }
            active[hit].hits += 1
            return active[hit].rule
        }
    }

    /// The recipient that makes the rule match, an empty one where it asks for none; nil when it does not match.
    private func matched(_ rule: FaultRule, _ recipients: [String]) -> String? {
        guard let pattern = rule.recipient else { return recipients.last ?? "" }
        return recipients.last { matchesPattern($0.lowercased(), pattern.lowercased()) }
    }
}

/// Whether `text` is `pattern`, in which `*` stands for any run of characters.
func matchesPattern(_ text: String, _ pattern: String) -> Bool {
    let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard pieces.count > 1, let first = pieces.first, let last = pieces.last else { return text == pattern }
    guard text.count >= first.count + last.count, text.hasPrefix(first), text.hasSuffix(last) else { return false }
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for piece in pieces.dropFirst().dropLast() {
        guard let found = rest.firstRange(of: piece) else { return false }
        rest = rest[found.upperBound...]
    }
    return true
}

/// A small generator with a seed, so that a run can be repeated (Steele, Lea, Flood 2014).
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
