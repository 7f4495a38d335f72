import NetworkTypes

/// What a network's name stands for.
struct NetworkValue {
  var addresses: AddressSet
  /// How many entries its lists hold before overlaps are merged: what `at-least` counts.
  var entryCount: Int
}
