import Foundation
import NotifyCore

/// The parsers that several settings share.
enum SettingParser {
    typealias Parser<Value> = @Sendable (String) throws(InvalidValue) -> Value

    /// Any text on one line.
    static let text: Parser<String> = { text throws(InvalidValue) in
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw InvalidValue("holds a line break or another control character")
        }
        return text
    }

    static func integer(_ range: ClosedRange<Int>) -> Parser<Int> {
        { text throws(InvalidValue) in
            guard let value = Int(text), range.contains(value) else {
                throw InvalidValue("is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }

    static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _: Choice.Type
    ) -> Parser<Choice> where Choice.RawValue == String {
        { text throws(InvalidValue) in
            guard let choice = Choice(rawValue: text.lowercased()) else {
                let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
                throw InvalidValue("is none of \(names)")
            }
            return choice
        }
    }

    /// Comma-separated; white space around an item and empty items are dropped.
    static func list<Item>(of parse: @escaping Parser<Item>) -> Parser<[Item]> {
        { text throws(InvalidValue) in
            var items: [Item] = []
            for piece in text.split(separator: ",") {
                let item = piece.trimmingCharacters(in: .whitespaces)
                if !item.isEmpty { items.append(try parse(item)) }
            }
            guard !items.isEmpty else { throw InvalidValue("is an empty list") }
            return items
        }
    }

    /// A URL that links are built on.
    static let webURL: Parser<String> = { text throws(InvalidValue) in
        do throws(InvalidSetting) {
            return try ServiceURL.parse(text)
        } catch {
            throw InvalidValue(error.problem)
        }
    }

    /// Without white space or control characters: host names and the like.
    static let word: Parser<String> = { text throws(InvalidValue) in
        guard
            !text.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.value < 0x20 || $0.value == 0x7f })
        else { throw InvalidValue("holds white space") }
        return text
    }

    /// A file that this process can read.
    static let readableFile: Parser<String> = { text throws(InvalidValue) in
        guard FileManager.default.isReadableFile(atPath: text) else {
            throw InvalidValue("is no file that this process can read")
        }
        return text
    }
}
