internal import CLibPQ

/// The parameters of one statement, in binary form, in one buffer.
///
/// Batches go as arrays, one parameter a column, so that a statement for 1,000 rows has as many parameters as one for a
/// single row. Bounds: 65,535 parameters, 1 GiB in all (the protocol's).
package struct Parameters: Sendable, ExpressibleByArrayLiteral {
    private(set) var oids: [Oid] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var bytes: [UInt8] = []

    package init() {}

    package init(arrayLiteral elements: any PostgresEncodable...) {
        for element in elements { append(element) }
    }

    package var count: Int { oids.count }

    /// Appends the next parameter.
    package mutating func append<Value: PostgresEncodable>(_ value: Value) {
        oids.append(Value.postgresType.rawValue)
        formats.append(1)
        if value.isNull {
            offsets.append(-1)
            lengths.append(0)
            return
        }
        let start = bytes.count
        offsets.append(start)
        value.encode(into: &bytes)
        lengths.append(Int32(clamping: bytes.count - start))
    }

    /// What libpq wants: count, types, and for each parameter where it is, how long, and that it is binary.
    struct CArrays {
        let count: Int32
        let oids: UnsafePointer<Oid>?
        let values: UnsafePointer<UnsafePointer<CChar>?>?
        let lengths: UnsafePointer<Int32>?
        let formats: UnsafePointer<Int32>?
    }

    /// Lends the parameters to one call of libpq, which copies them into its own output buffer.
    func withCArrays<Result>(_ body: (CArrays) -> Result) -> Result {
        // An empty value needs a pointer that is not null, or libpq would send NULL.
        (bytes.isEmpty ? [0] : bytes)
            .withUnsafeBytes { buffer in
                let values = offsets.map { offset in
                    offset < 0 ? nil : buffer.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
                }
                return values.withUnsafeBufferPointer { values in
                    lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in
                            oids.withUnsafeBufferPointer { oids in
                                body(
                                    CArrays(
                                        count: Int32(oids.count), oids: oids.baseAddress, values: values.baseAddress,
                                        lengths: lengths.baseAddress, formats: formats.baseAddress
                                    )
                                )
                            }
                        }
                    }
                }
            }
    }
}
