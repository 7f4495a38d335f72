import NetworkTypes

/// What a network's name stands for.
struct NetworkValue {
  var addresses: AddressSet
  /// Its prefixes before overlaps and neighbours are merged; kept for the gate's exceptions only.
  var written: WrittenAddresses?
  /// What `at-least` counts, each once; empty in a policy without an `at-least`.
  var entries: NetworkEntries
}

/// The entries of a network's lists, before overlaps are merged.
///
/// A network that is named brings its own, so that one entry in two lists is one.
struct NetworkEntries {
  private var literals: AddressEntries
  /// `any` and the built-in networks: one entry each, however many prefixes they are.
  private var builtIn: Set<String> = []

  init(_ literals: AddressEntries = AddressEntries()) { self.literals = literals }

  init(builtIn name: String) {
    self.init()
    builtIn = [name]
  }

  var count: Int { literals.count + builtIn.count }

  mutating func append(_ literal: AddressSpec) { literals.append(literal) }

  mutating func append(_ other: NetworkEntries) {
    literals.append(other.literals)
    builtIn.formUnion(other.builtIn)
  }

  /// Each entry once.
  func distinct() -> NetworkEntries {
    var result = self
    result.literals = literals.distinct()
    return result
  }
}
