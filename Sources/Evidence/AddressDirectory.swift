package import Diagnostics
import Lowering
package import NetworkTypes
package import PolicyLanguage

/// Who an address belongs to, in a policy's own names.
package struct AddressSubject: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    /// A row of the gate's inventory.
    case subnet
    /// An `allow` entry of the gate.
    case exception
    case network
  }

  package var kind: Kind
  /// Of an exception without one its key.
  package var name: String
  /// As written; nil of a network, which may hold many.
  package var prefix: String?
  /// Of a row, what it says of TCP 25.
  package var answer: SubnetAnswer?
  package var owner: String?
  package var ticket: String?
  package var place: Place

  package init(kind: Kind, name: String, place: Place) {
    self.kind = kind
    self.name = name
    self.place = place
  }

  /// `acme (owner ACME, ticket NET-4211)`.
  package var words: String {
    let facts = [
      owner.flatMap { $0 == name ? nil : "owner \($0)" }, ticket.map { "ticket \($0)" },
    ].compactMap { $0 }
    return facts.isEmpty ? name : "\(name) (\(facts.joined(separator: ", ")))"
  }
}

/// Finds who an address belongs to: the longest prefix of the gate that holds it, expired or not, or
/// else the smallest network that does.
package struct AddressDirectory: Sendable {
  private var subjects: [AddressSubject] = []
  private let ipv4: PrefixIndex<UInt32>
  private let ipv6: PrefixIndex<UInt128>
  /// The smallest first.
  private var networks: [(addresses: AddressSet, subject: AddressSubject)] = []

  /// n log n in the prefixes.
  package init(of policy: ResolvedPolicy, place: (SourceSpan) -> Place) {
    let rows = policy.smtpEgress?.subnets ?? []
    let exceptions = policy.smtpEgress?.allow ?? []
    subjects.reserveCapacity(rows.count + exceptions.count)
    for row in rows {
      var subject = AddressSubject(kind: .subnet, name: row.name, place: place(row.span))
      subject.answer = row.answer
      subject.owner = row.owner
      subject.ticket = row.ticket
      subjects.append(subject)
    }
    for exception in exceptions {
      var subject = AddressSubject(
        kind: .exception, name: exception.owner ?? "smtp-egress.allow",
        place: place(exception.span))
      subject.owner = exception.owner
      subject.ticket = exception.ticket
      subjects.append(subject)
    }
    // Of a row and an exception with one prefix the row is the one that has a name.
    var prefixes4: [LongestPrefixTable<UInt32>.Entry] = []
    var prefixes6: [LongestPrefixTable<UInt128>.Entry] = []
    for (index, exception) in exceptions.enumerated() {
      let value = UInt32(rows.count + index)
      prefixes4 += exception.from.ipv4.prefixes.map { .init($0, value) }
      prefixes6 += exception.from.ipv6.prefixes.map { .init($0, value) }
    }
    for (index, row) in rows.enumerated() {
      switch row.prefix {
      case .ipv4(let prefix): prefixes4.append(.init(WrittenPrefix(prefix), UInt32(index)))
      case .ipv6(let prefix): prefixes6.append(.init(WrittenPrefix(prefix), UInt32(index)))
      }
    }
    ipv4 = PrefixIndex(LongestPrefixTable(prefixes4))
    ipv6 = PrefixIndex(LongestPrefixTable(prefixes6))
    networks = policy.networks.map { network in
      (
        network.addresses,
        AddressSubject(
          kind: .network, name: network.name.value, place: place(network.name.span))
      )
    }
    let sizes = networks.map { $0.addresses.size }
    // Of equal ones the first in the text.
    networks = networks.indices.sorted { (sizes[$0], $0) < (sizes[$1], $1) }.map { networks[$0] }
  }

  /// Logarithmic in the prefixes, linear in the networks; nil where nothing holds the address.
  package func subject(of address: IPv4Address) -> AddressSubject? {
    if let found = ipv4.entry(holding: address.bits) {
      return subject(found.value, Prefix(holding: address.bits, length: Int(found.length)))
    }
    return networks.first { $0.addresses.contains(address) }?.subject
  }

  package func subject(of address: IPv6Address) -> AddressSubject? {
    if let found = ipv6.entry(holding: address.bits) {
      return subject(found.value, Prefix(holding: address.bits, length: Int(found.length)))
    }
    return networks.first { $0.addresses.contains(address) }?.subject
  }

  private func subject<Bound: AddressBits>(_ index: UInt32, _ prefix: Prefix<Bound>)
    -> AddressSubject
  {
    var subject = subjects[Int(index)]
    subject.prefix = prefix.interval.addressDescription
    return subject
  }
}

/// The longest prefix for every address, laid out for look-ups.
private struct PrefixIndex<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  struct Found: Hashable, Sendable {
    var value: UInt32
    /// As written.
    var length: UInt8
  }

  private var uppers: [Bound] = []
  private var lowers: [Bound] = []
  private var found: [Found] = []

  init(_ table: LongestPrefixTable<Bound>) {
    // Entries of one length and value are told apart by where they are.
    let numbered = LongestPrefixTable(
      table.entries.enumerated().map { index, entry in
        LongestPrefixTable.Entry(entry.prefix, UInt32(truncatingIfNeeded: index))
      })
    // Of equal prefixes the first one.
    let stretches = longestPrefixStretches(numbered, nobody: UInt32.max) { before, index in
      guard before != .max else { return index }
      let (a, b) = (table.entries[Int(before)].prefix, table.entries[Int(index)].prefix)
      return a == b ? before : index
    }
    for stretch in stretches {
      let entry = table.entries[Int(stretch.value)]
      lowers.append(stretch.lower)
      uppers.append(stretch.upper)
      found.append(Found(value: entry.value, length: entry.prefix.length))
    }
  }

  func entry(holding address: Bound) -> Found? {
    var low = 0
    var high = uppers.count
    while low < high {
      let middle = (low + high) / 2
      if uppers[middle] < address { low = middle + 1 } else { high = middle }
    }
    return low < uppers.count && lowers[low] <= address ? found[low] : nil
  }
}

extension AddressSet {
  /// How many addresses it holds, an IPv6 /64 counting as one.
  fileprivate var size: UInt64 {
    var size: UInt64 = 0
    for interval in ipv4.intervals {
      size &+= UInt64(interval.upper - interval.lower) + 1
    }
    for interval in ipv6.intervals {
      let networks = UInt64(truncatingIfNeeded: (interval.upper >> 64) - (interval.lower >> 64))
      let (sum, overflowed) = size.addingReportingOverflow(networks)
      size = overflowed || sum == .max ? .max : sum + 1
    }
    return size
  }
}
