package import Diagnostics
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

  /// SUBJECT of docs/OUTPUT.md.
  package var json: JSONText {
    .object([
      "kind": .string(kind.rawValue),
      "name": .string(name),
      "prefix": prefix.map { .string($0) },
      "smtp": answer.map { .string($0.rawValue) },
      "owner": owner.map { .string($0) },
      "ticket": ticket.map { .string($0) },
      "file": .string(place.file),
      "line": .number(place.line),
    ])
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
    if let found = ipv4.longest(holding: address.bits, through: address.bits) {
      return subject(found.value, found.prefix.whole)
    }
    return networks.first { $0.addresses.contains(address) }?.subject
  }

  package func subject(of address: IPv6Address) -> AddressSubject? {
    if let found = ipv6.longest(holding: address.bits, through: address.bits) {
      return subject(found.value, found.prefix.whole)
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
