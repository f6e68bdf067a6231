import NotifyCore

/// Makes inputs of a corpus: some small changes each, by a seed.
struct Mutator {
    static let maximumOctets = 20_000

    private var random: SplitMix64
    private let corpus: [[UInt8]]
    private let words: [[UInt8]]

    init(seed: UInt64, corpus: [[UInt8]], words: [String]) {
        random = SplitMix64(seed: seed)
        self.corpus = corpus
        self.words = words.map { Array($0.utf8) }
    }

    mutating func next() -> [UInt8] {
        var input = corpus.randomElement(using: &random) ?? []
        // Mostly few changes, so that much of what is sound stays; now and then many.
        let changes = Int.random(in: 0..<8, using: &random) == 0 ? 64 : 4
        for _ in 0...Int.random(in: 0..<changes, using: &random) { change(&input) }
        return Array(input.prefix(Self.maximumOctets))
    }

    private mutating func change(_ input: inout [UInt8]) {
        let place = Int.random(in: 0...input.count, using: &random)
        let range = place..<min(input.count, place + Int.random(in: 0...32, using: &random))
        switch Int.random(in: 0..<8, using: &random) {
        case 0: if place < input.count { input[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        case 1: if place < input.count { input[place] = UInt8.random(in: .min ... .max, using: &random) }
        case 2: input.removeSubrange(range)
        case 3: input.insert(contentsOf: Array(input[range]), at: place)
        case 4: input.replaceSubrange(range, with: words.randomElement(using: &random) ?? [])
        case 5: input.insert(contentsOf: words.randomElement(using: &random) ?? [], at: place)
        case 6: input = Array(input.prefix(place)) + (corpus.randomElement(using: &random) ?? []).dropFirst(place)
        default:
            let piece = Array(input[range])
            for _ in 0..<Int.random(in: 1...100, using: &random) { input.insert(contentsOf: piece, at: place) }
        }
    }
}
