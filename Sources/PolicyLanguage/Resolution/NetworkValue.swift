import NetworkTypes

/// What a network's name stands for.
struct NetworkValue {
  var addresses: AddressSet
  /// Its prefixes before overlaps and neighbours are merged; kept for the gate's exceptions only.
  var written: WrittenAddresses?
  /// How many entries its lists hold before overlaps are merged: what `at-least` counts.
  var entryCount: Int
}
