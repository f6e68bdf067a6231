import Hummingbird
import NotifyCore
import PostgresClient

/// The events of one request as the array that `notify.enqueue_many` takes. What is in them is for that function to
/// judge, in its own words; here they are only held to be sound JSON, few enough, and given the request's trace.
struct SubmittedEvents {
    static let maximumCount = 1_000

    /// A JSON array of objects.
    let array: String
    /// Whether it came as `{"events": […]}`, and not as one event.
    let isBatch: Bool

    init(_ body: [UInt8], traceparent: String?) throws(Problem) {
        let value: JSONValue
        do { value = try JSONParser.parse(body) } catch { throw Problem(error) }
        guard case .object(let members, let range) = value else {
            throw .invalid("is \(value.typeName), not an event or an object with “events”", at: JSONPath())
        }
        let objects: [(members: [JSONMember], range: Range<Int>)]
        isBatch = members.contains { $0.name == "events" }
        if isBatch {
            var reader = try ObjectReader(value)
            objects = try Self.objects(in: reader.value("events"))
            try reader.finish()
        } else {
            objects = [(members, range)]
        }
        array = Self.array(of: objects, in: body, traceparent: traceparent.flatMap(Self.sound))
    }

    private static func objects(
        in events: JSONValue?
    ) throws(Problem) -> [(members: [JSONMember], range: Range<Int>)] {
        let path = JSONPath().appending(member: "events")
        guard case .array(let elements, _) = events else {
            throw .invalid("is \((events ?? .null).typeName), not an array", at: path)
        }
        guard (1...maximumCount).contains(elements.count) else {
            throw .invalid("holds \(elements.count) events, not 1 to \(maximumCount)", at: path)
        }
        var objects: [(members: [JSONMember], range: Range<Int>)] = []
        objects.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard case .object(let members, let range) = element else {
                throw .invalid("is \(element.typeName), not an object", at: path.appending(index: index))
            }
            objects.append((members, range))
        }
        return objects
    }

    /// The objects as they were sent, with the trace put into those that have none of their own. At their end: of two
    /// members of one name, a null and this, `jsonb` keeps the last.
    private static func array(
        of objects: [(members: [JSONMember], range: Range<Int>)], in body: [UInt8], traceparent: String?
    ) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count + 2 + (traceparent == nil ? 0 : objects.count * 80))
        bytes.append(UInt8(ascii: "["))
        for (index, object) in objects.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            if let traceparent, !object.members.isEmpty, !object.members.contains(where: Self.isTrace) {
                bytes.append(contentsOf: body[object.range.dropLast()])
                bytes.append(contentsOf: ",\"traceparent\":\"\(traceparent)\"}".utf8)
            } else {
                bytes.append(contentsOf: body[object.range])
            }
        }
        bytes.append(UInt8(ascii: "]"))
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isTrace(_ member: JSONMember) -> Bool {
        if case .null = member.value { return false }
        return member.name == "traceparent"
    }

    /// Nil for a header that is no trace, which W3C Trace Context §3.2 has receivers ignore.
    private static func sound(_ traceparent: String) -> String? {
        let isSound =
            traceparent.utf8.count == 55
            && traceparent.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) || $0 == 45 }
        return isSound ? traceparent : nil
    }

    /// The function's refusal in terms of the request: a single event has no index.
    func problem(for error: PostgresError) -> Problem? {
        guard var problem = Problem(error) else { return nil }
        if !isBatch { problem.index = nil }
        return problem
    }
}
