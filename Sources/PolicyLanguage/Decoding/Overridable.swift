import Diagnostics

/// An entry with the `override` that it was given.
struct Overridable<Entry> {
  var entry: Entry
  var isOverride: Located<Bool>?
  /// Whether it is a bare value, without a map in which `override` could stand.
  var isBare: Bool

  init(_ entry: Entry, isOverride: Located<Bool>?, isBare: Bool = false) {
    self.entry = entry
    self.isOverride = isOverride
    self.isBare = isBare
  }
}
