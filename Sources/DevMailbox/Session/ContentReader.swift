/// Collects the content of one mail line by line, undoing dot-stuffing (RFC 5321 §4.5.2). Pure.
struct ContentReader {
    private(set) var content: [UInt8] = []
    private(set) var problems: Set<Violation.Kind> = []
    private(set) var isComplete = false
    /// More than the limit came: the rest is read and thrown away.
    private(set) var isTooLarge = false
    private(set) var hasEightBit = false
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// - Parameter line: one line with its CR LF.
    mutating func take(_ line: ArraySlice<UInt8>) {
        let body = line.dropLast(2)
        if body.elementsEqual([.dot]) {
            isComplete = true
            return
        }
        check(body)
        let unstuffed = line.first == .dot ? line.dropFirst() : line
        guard content.count + unstuffed.count <= limit else {
            isTooLarge = true
            return
        }
        content.append(contentsOf: unstuffed)
    }

    private mutating func check(_ body: ArraySlice<UInt8>) {
        // A stuffed dot does not count towards the 1,000 of RFC 5321 §4.5.3.1.6.
        if body.count - (body.first == .dot ? 1 : 0) > 998 { problems.insert(.lineTooLong) }
        for octet in body where octet < 32 || octet > 126 {
            switch octet {
            case .lineFeed: problems.insert(.bareLineFeed)
            case .carriageReturn: problems.insert(.bareCarriageReturn)
            case 0: problems.insert(.nul)
            case 128...: hasEightBit = true
            default: break
            }
        }
    }
}
