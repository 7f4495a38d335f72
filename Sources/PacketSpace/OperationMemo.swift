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

  init() {
    mask = 1023
    entries = .allocate(capacity: mask + 1)
    entries.initialize(repeating: Entry(key: 0, value: 0, round: 0), count: mask + 1)
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

  mutating func insert(_ value: UInt32, for key: UInt64) {
    if used * 2 > mask { grow() }
    used += 1
    put(Entry(key: key, value: value, round: round))
  }

  @inline(__always)
  private func put(_ entry: Entry) {
    var place = Self.place(of: entry.key, mask: mask)
    while entries[place].round == round { place = (place + 1) & mask }
    entries[place] = entry
  }

  private mutating func grow() {
    let old = entries
    let oldCount = mask + 1
    mask = oldCount * 2 - 1
    entries = .allocate(capacity: mask + 1)
    entries.initialize(repeating: Entry(key: 0, value: 0, round: 0), count: mask + 1)
    for index in 0..<oldCount where old[index].round == round { put(old[index]) }
    old.deallocate()
  }
}
