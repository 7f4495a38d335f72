import Diagnostics

/// The keys that say something about an entry without changing its meaning.
extension DecodingContext {
  mutating func metadata(_ entries: Entries) -> Metadata {
    var metadata = Metadata()
    metadata.owner = entries["owner"].flatMap { text($0, "`owner`") }
    metadata.ticket = entries["ticket"].flatMap { text($0, "`ticket`") }
    metadata.note = entries["note"].flatMap { text($0, "`note`") }
    return metadata
  }

  /// `waive: { check-name: reason }`.
  mutating func waivers(_ entries: Entries) -> [Waiver] {
    guard let node = entries["waive"] else { return [] }
    return namedPairs(node, "`waive`").compactMap { pair in
      guard let check = identifier(pair.key, "a check's name"),
        let reason = text(pair.value, "the reason of a waiver")
      else { return nil }
      if reason.value.utf8.allSatisfy(isBlank) {
        report(.invalidText, "a waiver gives its reason", at: pair.value)
        return nil
      }
      return Waiver(check: check, reason: reason)
    }
  }
}
