import PolicyLanguage

/// What differs in the sets that are filled while a policy is in force, and that no packet's fate
/// shows.
enum RunTimeSetChange {
  static func changes(from old: ResolvedPolicy, to new: ResolvedPolicy) -> [EffectChange] {
    var changes: [EffectChange] = []
    if let before = old.smtpEgress?.offenders, let after = new.smtpEgress?.offenders,
      before != after
    {
      changes.append(
        .init(
          kind: .offender,
          text: "offenders are \(words(after.keepSeconds, after.capacity)), and were "
            + words(before.keepSeconds, before.capacity)))
    }
    let before = Dictionary(old.dynamicNetworks.map { ($0.name.value, $0) }) { first, _ in first }
    for network in new.dynamicNetworks {
      guard let other = before[network.name.value],
        (other.keepSeconds, other.capacity) != (network.keepSeconds, network.capacity)
      else { continue }
      changes.append(
        .init(
          kind: .network,
          text: "entries of `\(network.name.value)` are "
            + "\(words(network.keepSeconds, network.capacity)), and were "
            + words(other.keepSeconds, other.capacity)))
    }
    return changes
  }

  private static func words(_ keepSeconds: UInt64?, _ capacity: UInt32) -> String {
    "kept \(keepSeconds.map(duration) ?? "until removed"), at most \(capacity)"
  }

  /// As it is written: `12h`.
  private static func duration(_ seconds: UInt64) -> String {
    let units: [(UInt64, String)] = [(86_400, "d"), (3600, "h"), (60, "m")]
    let unit = units.first { seconds % $0.0 == 0 }
    return unit.map { "\(seconds / $0.0)\($0.1)" } ?? "\(seconds)s"
  }
}
