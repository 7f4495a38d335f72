/// Turns the parser's positions (Unicode scalars from the start) into byte offsets.
///
/// O(1) for ASCII, else a step of at most 64 scalars from the nearest remembered one.
struct ScalarOffsets {
  private let bytes: [UInt8]
  private let base: Int
  /// The offset of every 64th scalar; empty where all bytes are ASCII.
  private var checkpoints: [Int] = []
  private static let stride = 64

  /// `base` is the offset of scalar 0: what a byte order mark takes.
  init(_ bytes: [UInt8], base: Int) {
    self.bytes = bytes
    self.base = base
    guard bytes[base...].contains(where: { $0 >= 0x80 }) else { return }
    var scalar = 0
    for index in base..<bytes.count where bytes[index] & 0xC0 != 0x80 {
      if scalar % Self.stride == 0 { checkpoints.append(index) }
      scalar += 1
    }
  }

  /// Never beyond the end of the bytes.
  func byte(ofScalar scalar: Int) -> Int {
    guard !checkpoints.isEmpty else { return min(base + max(scalar, 0), bytes.count) }
    let block = max(scalar, 0) / Self.stride
    guard block < checkpoints.count else { return bytes.count }
    var index = checkpoints[block]
    for _ in 0..<(max(scalar, 0) % Self.stride) {
      guard index < bytes.count else { break }
      index += 1
      while index < bytes.count, bytes[index] & 0xC0 == 0x80 { index += 1 }
    }
    return index
  }
}
