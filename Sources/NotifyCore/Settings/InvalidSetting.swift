/// A setting's value that cannot be used: what is wrong with it, and one that would do. It never repeats a secret.
package struct InvalidSetting: Error, Sendable, Hashable, CustomStringConvertible {
    package let problem: String
    package let example: String

    package init(_ problem: String, example: String) {
        self.problem = problem
        self.example = example
    }

    package var description: String { "\(problem); give for example \(example)" }
}
