/// What an operation has already answered for pairs of handles.
///
/// Exact, so that no operation takes more than one step for a pair. Emptied in constant time, so
/// that thousands of small operations cost nothing for the memory that a large one needed.
struct OperationMemo: ~Copyable {
  private struct Entry {
    var key: UInt64
    var value: UInt32
    /// The round in which it was written; others are empty places.
    var round: UInt32
  }

  private var entries: UnsafeMutablePointer<Entry>
  private var mask: Int
  private var used = 0
  private var round: UInt32 = 1

  private static let smallest = 1024

  init() {
    mask = Self.smallest - 1
    entries = Self.empty(Self.smallest)
  }

  private static func empty(_ count: Int) -> UnsafeMutablePointer<Entry> {
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: count)
    entries.initialize(repeating: Entry(key: 0, value: 0, round: 0), count: count)
    return entries
  }

  deinit { entries.deallocate() }

  var bytes: Int { (mask + 1) * MemoryLayout<Entry>.stride }

  mutating func removeAll() {
    used = 0
    if round == .max {
      entries.update(repeating: Entry(key: 0, value: 0, round: 0), count: mask + 1)
      round = 0
    }
    round += 1
  }

  /// Forgets everything and gives back what a large operation needed.
  mutating func release() {
    removeAll()
    if mask + 1 == Self.smallest { return }
    entries.deallocate()
    mask = Self.smallest - 1
    entries = Self.empty(Self.smallest)
  }

  /// How many answers it keeps.
  var count: Int { used }

  @inline(__always)
  private static func place(of key: UInt64, mask: Int) -> Int {
    var hash = key &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 32
    return Int(truncatingIfNeeded: hash) & mask
  }

  @inline(__always)
  func value(of key: UInt64) -> UInt32? {
    var place = Self.place(of: key, mask: mask)
    while entries[place].round == round {
      if entries[place].key == key { return entries[place].value }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Whether it must grow before the next answer.
  var isFull: Bool { used * 2 > mask }

  /// How many bytes more it takes from the system to grow.
  var growth: Int { bytes * 2 }

  /// Keeps an answer for a key that has none; it must not be full.
  @inline(__always)
  mutating func insert(_ value: UInt32, for key: UInt64) {
    used += 1
    put(Entry(key: key, value: value, round: round))
  }

  @inline(__always)
  private func put(_ entry: Entry) {
    var place = Self.place(of: entry.key, mask: mask)
    while entries[place].round == round { place = (place + 1) & mask }
    entries[place] = entry
  }

  mutating func grow() {
    let old = entries
    let oldCount = mask + 1
    mask = oldCount * 2 - 1
    entries = Self.empty(mask + 1)
    for index in 0..<oldCount where old[index].round == round { put(old[index]) }
    old.deallocate()
  }
}
