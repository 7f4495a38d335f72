import Diagnostics

/// Entries of one kind from all files, each name once.
///
/// An entry that says `override: true` takes the place of the earlier one.
struct NameMerger<Entry> {
  /// With its article: `a zone`.
  let what: String
  private(set) var entries: [Entry] = []
  private var places: [String: (index: Int, name: Located<String>)] = [:]
  private(set) var diagnostics: [Diagnostic] = []

  init(_ what: String) { self.what = what }

  mutating func add(
    _ entry: Entry, name: Located<String>, isOverride: Located<Bool>?, isBare: Bool = false
  ) {
    let wantsOverride = isOverride?.value ?? false
    guard let earlier = places[name.value] else {
      if wantsOverride, let isOverride {
        let near = NearestName.find(name.value, among: places.keys.sorted())
        diagnostics.append(
          Diagnostic(
            .nothingToOverride, .error,
            "`override` replaces what an earlier file gave: there is no \(noun) `\(name.value)`",
            at: isOverride.span,
            help: [near.map { .init("did you mean `\($0)`?") } ?? .init("remove `override`")]))
      }
      places[name.value] = (entries.count, name)
      entries.append(entry)
      return
    }
    if wantsOverride {
      places[name.value] = (earlier.index, name)
      entries[earlier.index] = entry
      return
    }
    diagnostics.append(
      Diagnostic(
        .sameName, .error, "\(what) is given once: `\(name.value)`", at: name.span,
        secondary: [.init(earlier.name.span, "first given here")],
        help: [
          .init(
            !canOverride
              ? "rename it"
              : isBare
                ? "rename it, or write `{ of: […], override: true }` here"
                : "rename it, or say `override: true` here")
        ]))
  }

  private var noun: String { what.split(separator: " ").last.map(String.init) ?? what }
  private var canOverride: Bool { !["a user", "a rule name", "a test name"].contains(what) }
}
