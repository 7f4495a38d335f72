#if canImport(Glibc)
  import Glibc
#endif

/// SplitMix64: the same numbers from the same seed, on every machine.
///
/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// From `FWPOLICY_SEED`, else a fixed seed; printed, so that a failure can be repeated.
  package init(label: String) {
    let seed = getenv("FWPOLICY_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_260_101
    print("\(label): FWPOLICY_SEED=\(seed)")
    self.init(seed: seed)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
