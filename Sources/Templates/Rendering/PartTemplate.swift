import Mustache
import Synchronization

/// One composed template, and what it comes to for each shape of mail met so far.
///
/// swift-mustache looks each tag up by name, with casts and allocations: 88 µs of processor time for the three parts of a
/// mail (measured), more than all the rest of its way. But what it writes depends on the values only through *which* of
/// them there are. So it renders each shape once, with marks for values, and a mail is the pieces between the marks
/// joined with its values: 10 µs, two thirds of which go into making the values fit.
final class PartTemplate: Sendable {
    /// Shapes kept for each template. Templates of ours can take about 60; nonsense must not fill memory.
    static let shapeLimit = 512

    private let mustache: MustacheTemplate
    private let names: VariableNames
    private let skeletons = Mutex<[Shape: Skeleton]>([:])

    /// No part is escaped at render: values come ready for the part that they go into.
    private static let pragma = "{{%CONTENT_TYPE:TEXT}}\n"

    /// Throws swift-mustache's parser error.
    init(_ template: String, names: VariableNames) throws {
        mustache = try MustacheTemplate(string: Self.pragma + template)
        self.names = names
    }

    func render(_ values: [String]) -> String {
        skeleton(for: Shape(values)).fill(values)
    }

    private func skeleton(for shape: Shape) -> Skeleton {
        if let known = skeletons.withLock({ $0[shape] }) { return known }
        let made = Skeleton(mustache.render(Marks(names: names, shape: shape)))
        skeletons.withLock {
            if $0.count >= Self.shapeLimit { $0.removeAll() }
            $0[shape] = made
        }
        return made
    }
}

/// What swift-mustache is given in place of a mail's values: for each variable a mark that says which one goes there.
private struct Marks: MustacheParent {
    let names: VariableNames
    let shape: Shape

    func child(named name: String) -> Any? {
        if let index = names.index(ofFlag: name) { return shape.contains(index) }
        return names.index(of: name).map(Skeleton.mark)
    }
}
