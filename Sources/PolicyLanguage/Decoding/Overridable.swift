import Diagnostics

/// An entry with the `override` that it was given.
struct Overridable<Entry> {
  var entry: Entry
  var isOverride: Located<Bool>?

  init(_ entry: Entry, isOverride: Located<Bool>?) {
    self.entry = entry
    self.isOverride = isOverride
  }
}
