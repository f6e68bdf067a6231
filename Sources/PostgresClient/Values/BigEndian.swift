extension [UInt8] {
    /// Appends an integer in network byte order, as all of PostgreSQL's binary forms are.
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        // Byte by byte: the optimiser makes one store of it, which it does not of a copy from a buffer.
        var shift = value.bitWidth
        while shift > 0 {
            shift -= 8
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Writes the number of bytes that follow `position` + 4 into the four bytes at `position`.
    mutating func patchLength(at position: Int) {
        let length = UInt32(count - position - 4).bigEndian
        withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: position, as: UInt32.self) }
    }
}

extension UnsafeRawBufferPointer {
    /// Reads an integer in network byte order. The caller has checked the bounds.
    func bigEndian<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: Int = 0) -> Integer {
        Integer(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
