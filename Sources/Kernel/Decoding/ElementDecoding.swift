import NetworkTypes
import Nftables

/// One element as the kernel lists it.
struct ListedElement {
  var key: ArraySlice<UInt8>
  var keyEnd: ArraySlice<UInt8>?
  var isIntervalEnd = false
  var verdict: Verdict?
  /// The name of an object, as it is listed.
  var counter: ArraySlice<UInt8>?

  /// Reads NFTA_SET_ELEM_*.
  init(_ bytes: ArraySlice<UInt8>, kind: NamedSet.Kind, keyLength: Int) throws(Undecodable) {
    var reader = AttributeReader(bytes)
    var key: ArraySlice<UInt8>?
    var data: ArraySlice<UInt8>?
    while let (type, value) = try reader.next() {
      switch type {
      case 1: key = try decodeValue(data: value)
      case 2: data = value
      case 3:
        guard value.count == 4, let flags = value.networkNumber else { throw .malformed }
        guard flags & ~1 == 0 else {
          throw Undecodable("has an element that stands for all others, which is not known")
        }
        isIntervalEnd = flags & 1 != 0
      case 4, 5: throw Undecodable("has an element that expires, which is not known")
      case 6, 8: break  // Notes for people, and padding.
      case 9: counter = value
      case 10: keyEnd = try decodeValue(data: value)
      default: throw Undecodable("has an element with more than a key and a verdict")
      }
    }
    guard let key, key.count == keyLength, keyEnd.map({ $0.count == keyLength }) != false else {
      throw .malformed
    }
    self.key = key
    guard (data != nil) == (kind == .verdictMap && !isIntervalEnd) else {
      throw Undecodable("has an element whose verdict is missing or too many")
    }
    guard (counter != nil) == (kind == .counterMap && !isIntervalEnd) else {
      throw Undecodable("has an element whose counter is missing or too many")
    }
    if let data { verdict = try Verdict(data: data) }
  }
}

extension SetDeclaration {
  /// The elements of a list of NFTA_LIST_ELEM.
  func listed(_ list: ArraySlice<UInt8>, into elements: inout [ListedElement]) throws(Undecodable) {
    var reader = AttributeReader(list)
    while let (type, value) = try reader.next() {
      guard type == 1 else { throw .malformed }
      elements.append(
        try ListedElement(value, kind: set.kind, keyLength: keyLength))
    }
  }

  /// The elements in ascending order: the kernel lists most sets by the hashes of a seed of its own.
  ///
  /// n log n.
  func elements(_ listed: [ListedElement]) throws(Undecodable) -> Elements {
    if let untyped { throw untyped }
    if listed.isEmpty { return .none }
    if set.isInterval, set.key.count == 1, let type = set.key.first {
      let ranges = try intervals(listed, type)
      if set.kind == .set, type == .ipv4Address {
        return .ipv4(
          IntervalSet(
            ranges.map {
              .init(
                UInt32(truncatingIfNeeded: $0.lower), UInt32(truncatingIfNeeded: $0.upper))
            }))
      }
      if set.kind == .set, type == .ipv6Address {
        return .ipv6(IntervalSet(ranges.map { .init($0.lower, $0.upper) }))
      }
      var decoded: [Element] = []
      decoded.reserveCapacity(ranges.count)
      for range in ranges {
        decoded.append(try Element([.range(range.lower, range.upper)], answering: range.element))
      }
      return .tuples(decoded)
    }
    guard !listed.contains(where: \.isIntervalEnd) else { throw .malformed }
    if set.kind == .set, set.key == [.ipv4Address] {
      return .ipv4(
        IntervalSet(
          listed.map { element in
            let value = UInt32(
              truncatingIfNeeded: decodeNumber(element.key, isNetworkOrder: true))
            return .init(value, value)
          }))
    }
    if set.kind == .set, set.key == [.ipv6Address] {
      return .ipv6(
        IntervalSet(
          listed.map { element in
            let value = decodeNumber(element.key, isNetworkOrder: true)
            return .init(value, value)
          }))
    }
    var decoded: [Element] = []
    decoded.reserveCapacity(listed.count)
    for element in listed { decoded.append(try tuple(element)) }
    return .tuples(decoded.sorted { $0.precedes($1) })
  }

  /// What the kernel finds in a set whose elements are ends of intervals.
  ///
  /// The greatest element that is not above a value decides: the value is in the set unless that
  /// element is an end. Of a start and an end at one place the start counts.
  private func intervals(
    _ listed: [ListedElement], _ type: DataType
  ) throws(Undecodable) -> [(lower: UInt128, upper: UInt128, element: ListedElement)] {
    guard type != .interfaceName else {
      throw Undecodable("has intervals of interface names, which are not known")
    }
    var ends: [(value: UInt128, element: ListedElement)] = []
    ends.reserveCapacity(listed.count)
    for element in listed {
      guard element.keyEnd == nil else { throw .malformed }
      ends.append((decodeNumber(element.key, isNetworkOrder: true), element))
    }
    ends.sort {
      ($0.value, $0.element.isIntervalEnd ? 0 : 1) < ($1.value, $1.element.isIntervalEnd ? 0 : 1)
    }
    let last = UInt128.max >> UInt128(128 - 8 * type.length)
    var ranges: [(lower: UInt128, upper: UInt128, element: ListedElement)] = []
    ranges.reserveCapacity(ends.count / 2 + 1)
    for (index, start) in ends.enumerated() where !start.element.isIntervalEnd {
      let next = index + 1 < ends.count ? ends[index + 1].value : nil
      if let next, next == start.value { throw .malformed }
      ranges.append((start.value, next.map { $0 - 1 } ?? last, start.element))
    }
    return ranges
  }

  /// A key of single values or, in a concatenation of intervals, of ranges.
  private func tuple(_ element: ListedElement) throws(Undecodable) -> Element {
    guard element.keyEnd == nil || set.isInterval else { throw .malformed }
    var fields: [ElementField] = []
    var lower = element.key
    var upper = element.keyEnd ?? element.key
    for type in set.key {
      let (low, high) = (lower.prefix(type.length), upper.prefix(type.length))
      guard low.count == type.length, high.count == type.length else { throw .malformed }
      if type == .interfaceName {
        guard low.elementsEqual(high) else {
          throw Undecodable("has intervals of interface names, which are not known")
        }
        fields.append(.interface(try decodeInterface(low)))
      } else {
        let isNetworkOrder = set.isInterval || type.isBigEndian
        let range = (
          decodeNumber(low, isNetworkOrder: isNetworkOrder),
          decodeNumber(high, isNetworkOrder: isNetworkOrder)
        )
        guard range.0 <= range.1 else { throw .malformed }
        fields.append(.range(range.0, range.1))
      }
      let padded = set.key.count > 1 ? type.paddedLength : type.length
      guard lower.prefix(padded).dropFirst(type.length).allSatisfy({ $0 == 0 }) else {
        throw .malformed
      }
      lower = lower.dropFirst(padded)
      upper = upper.dropFirst(padded)
    }
    return try Element(fields, answering: element)
  }
}

extension Element {
  /// An element that answers what another one was listed with.
  fileprivate init(
    _ key: [ElementField], answering listed: ListedElement
  ) throws(Undecodable) {
    guard let name = listed.counter else {
      self.init(key, listed.verdict)
      return
    }
    guard let counter = TableListing.text(name) else { throw .malformed }
    self.init(key, counter: counter)
  }

  fileprivate func precedes(_ other: Element) -> Bool {
    for (own, its) in zip(key, other.key) where own != its {
      switch (own, its) {
      case (.range(let a, let b), .range(let c, let d)): return (a, b) < (c, d)
      case (.interface(let a), .interface(let b)): return a < b
      case (.range, .interface), (.interface, .range): return false
      }
    }
    return false
  }
}
