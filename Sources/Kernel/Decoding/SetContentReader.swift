import Nftables

/// Reads the elements of a set of single fields, or of intervals of one.
///
/// Unlike the elements of a table, which are the policy's, these come and go: each brings its time,
/// its count and its comment.
struct SetContentReader {
  let isInterval: Bool
  /// Bytes of a key, at most 16.
  let width: Int
  /// How long an element stays that brings no time of its own, in milliseconds.
  let timeout: UInt64?
  private var found: [(element: SetElement, isEnd: Bool)] = []

  init(_ set: NamedSet) throws(Undecodable) {
    guard set.key.count == 1, let type = set.key.first, type.isBigEndian, set.kind == .set else {
      throw Undecodable("is not of addresses")
    }
    isInterval = set.isInterval
    width = type.length
    timeout = set.timeoutSeconds.map { $0.multipliedReportingOverflow(by: 1000).partialValue }
  }

  /// The elements of NFTA_SET_ELEM_LIST_ELEMENTS.
  mutating func read(_ list: ArraySlice<UInt8>) throws(Undecodable) {
    var reader = AttributeReader(list)
    while let (type, value) = try reader.next() {
      guard type == 1 else { throw .malformed }
      try element(value)
    }
  }

  /// NFTA_SET_ELEM_*.
  private mutating func element(_ bytes: ArraySlice<UInt8>) throws(Undecodable) {
    var reader = AttributeReader(bytes)
    var key: ArraySlice<UInt8>?
    var isEnd = false
    var ownTimeout: UInt64?
    var element = SetElement(lower: 0, upper: 0)
    while let (type, value) = try reader.next() {
      switch type {
      case 1: key = try decodeValue(data: value)
      case 3:
        guard value.count == 4, let flags = value.networkNumber, flags & ~1 == 0 else {
          throw Undecodable("has an element that stands for all others, which is not known")
        }
        isEnd = flags & 1 != 0
      case 4, 5:
        guard value.count == 8, let time = value.networkNumber else { throw .malformed }
        if type == 4 { ownTimeout = time } else { element.expires = time }
      case 6: element.comment = UserData.comment(0, in: value)
      case 7: try expression(value, of: &element)
      case 11:
        var expressions = AttributeReader(value)
        while let (_, one) = try expressions.next() { try expression(one, of: &element) }
      default: break
      }
    }
    guard let key, key.count == width else { throw .malformed }
    element.lower = decodeNumber(key, isNetworkOrder: true)
    element.upper = element.lower
    // A set's own time is told of every element, or of none that has it: kernels differ.
    if element.expires != nil { element.timeout = ownTimeout ?? timeout }
    found.append((element, isEnd))
  }

  /// NFTA_EXPR_* of a counter; other statements have nothing to tell.
  private func expression(
    _ bytes: ArraySlice<UInt8>, of element: inout SetElement
  ) throws(Undecodable) {
    let expression = try Attributes(bytes, upTo: 2)
    guard try expression.text(1) == "counter" else { return }
    let counter = try Attributes(try expression.bytes(2), upTo: 3)
    element.bytes = try counter.number(1, bytes: 8)
    element.packets = try counter.number(2, bytes: 8)
  }

  /// The elements in ascending order, intervals put together from their ends.
  ///
  /// The end of an interval that has expired may still be listed: an end that closes nothing says
  /// nothing.
  consuming func finish() throws(Undecodable) -> [SetElement] {
    var found = found
    found.sort { ($0.element.lower, $0.isEnd ? 0 : 1) < ($1.element.lower, $1.isEnd ? 0 : 1) }
    guard isInterval else {
      guard !found.contains(where: \.isEnd) else { throw .malformed }
      return found.map(\.element)
    }
    let last = UInt128.max >> UInt128(128 - 8 * width)
    var elements: [SetElement] = []
    for (index, start) in found.enumerated() where !start.isEnd {
      var element = start.element
      let next = index + 1 < found.count ? found[index + 1].element.lower : nil
      if let next, next == element.lower { throw .malformed }
      element.upper = next.map { $0 - 1 } ?? last
      elements.append(element)
    }
    return elements
  }
}
