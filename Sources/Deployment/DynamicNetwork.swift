package import Kernel
package import NetworkTypes
package import Nftables

/// A network that is filled while its table is in force, as the kernel has it.
///
/// No policy is needed: the table's sets say what there is.
package struct DynamicNetwork: Hashable, Sendable {
  package var name: String
  package var table: String
  package var ipv4: NamedSet?
  package var ipv6: NamedSet?

  /// The networks of a table, by name.
  package static func all(
    inTable table: String, _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> [DynamicNetwork] {
    var networks: [String: DynamicNetwork] = [:]
    for set in try Dump.setsFilledInForce(ofTable: table, transport)
    where set.isFilledAtRunTime && set.isInterval {
      guard let name = name(of: set) else { continue }
      var network = networks[name] ?? DynamicNetwork(name: name, table: table)
      if set.key == [.ipv4Address] { network.ipv4 = set }
      if set.key == [.ipv6Address] { network.ipv6 = set }
      networks[name] = network
    }
    return networks.values.sorted { $0.name < $1.name }
  }

  private init(name: String, table: String) {
    self.name = name
    self.table = table
  }

  /// The comment says it whole; a long name is cut where it names a set.
  private static func name(of set: NamedSet) -> String? {
    let words = (set.comment ?? "").split(separator: " ")
    if words.count > 1, words[0] == "network" { return String(words[1]) }
    guard set.name.hasPrefix("net-"), set.name.hasSuffix("-4") || set.name.hasSuffix("-6") else {
      return nil
    }
    return String(set.name.dropFirst(4).dropLast(2))
  }

  package func set(_ family: AddressFamily) -> NamedSet? {
    switch family {
    case .ipv4: ipv4
    case .ipv6: ipv6
    }
  }

  /// An element's addresses in words.
  package static func words(_ element: SetElement, _ family: AddressFamily) -> String {
    switch family {
    case .ipv4:
      IntervalSet<UInt32>.Interval(
        UInt32(truncatingIfNeeded: element.lower), UInt32(truncatingIfNeeded: element.upper)
      ).addressDescription
    case .ipv6:
      IntervalSet<UInt128>.Interval(element.lower, element.upper).addressDescription
    }
  }

  package enum Wish: Hashable, Sendable {
    /// For so many milliseconds, or as long as the network keeps what it is given.
    case add(timeout: UInt64?, comment: String?)
    case remove
  }

  /// Why nothing was changed.
  package enum Refusal: Error, Hashable, Sendable {
    case kernel(NetlinkError)
    /// The family's set would hold more than it may: `more` entries than it holds now.
    case full(AddressFamily, holds: Int, more: Int, capacity: Int)
    case noFamily(AddressFamily)
  }

  /// Adds or removes addresses, all in one transaction; the answers are in their order.
  package func edit(
    _ asked: [AddressSpec], _ wish: Wish,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(Refusal) -> [NetworkEdit.Answer] {
    var patience = ListeningPatience(transport)
    while true {
      let result: Result<[NetworkEdit.Answer], Refusal>
      do throws(NetlinkError) {
        result = try once(asked, wish, transport)
      } catch .generationChanged where patience.lasts() {
        continue
      } catch {
        throw .kernel(error)
      }
      return try result.get()
    }
  }

  private func once(
    _ asked: [AddressSpec], _ wish: Wish,
    _ transport: borrowing some NetlinkTransport & ~Copyable
  ) throws(NetlinkError) -> Result<[NetworkEdit.Answer], Refusal> {
    let reading = try RulesetReading(
      ofTable: table, elements: .of(Set([ipv4, ipv6].compactMap(\.?.name))), transport)
    var changes: [SetChange] = []
    var answers: [NetworkEdit.Answer?] = Array(repeating: nil, count: asked.count)
    var holds: [AddressFamily: (before: Int, after: Int, capacity: Int)] = [:]
    for family in AddressFamily.allCases {
      let places = asked.indices.filter { asked[$0].family == family }
      if places.isEmpty { continue }
      guard let set = set(family) else { return .failure(.noFamily(family)) }
      let present = try Dump.content(of: set, inTable: table, transport)
      let intervals = places.map { asked[$0].bounds }
      let edit =
        switch wish {
        case .add(let timeout, let comment):
          NetworkEdit(
            adding: intervals,
            timeout: timeout
              ?? set.timeoutSeconds.map { $0.multipliedReportingOverflow(by: 1000).partialValue },
            comment: comment, to: present)
        case .remove: NetworkEdit(removing: intervals, from: present)
        }
      for (place, answer) in zip(places, edit.answers) { answers[place] = answer }
      let capacity = set.size.map(Int.init) ?? .max
      holds[family] = (present.count, edit.count, capacity)
      if edit.count > capacity, edit.count > present.count {
        return .failure(
          .full(
            family, holds: present.count, more: edit.count - present.count, capacity: capacity))
      }
      var change = SetChange(table: table, set: set)
      change.removed = edit.removed
      change.added = edit.added
      if !change.isEmpty { changes.append(change) }
    }
    if !changes.isEmpty {
      do throws(NetlinkError) {
        _ = try KernelTransaction().change(
          changes, of: reading, transport: transport)
      } catch .rejected(let rejection) where rejection.errno == Self.setIsFull {
        let family: AddressFamily = changes[0].set.key == [.ipv4Address] ? .ipv4 : .ipv6
        let (before, after, capacity) = holds[family] ?? (0, 0, 0)
        return .failure(
          .full(family, holds: before, more: after - before, capacity: capacity))
      }
    }
    return .success(answers.compactMap(\.self))
  }

  /// ENFILE: what the kernel says of a set that is full.
  private static let setIsFull: Int32 = 23
}

extension AddressSpec {
  fileprivate var bounds: (lower: UInt128, upper: UInt128) {
    switch self {
    case .ipv4(let interval): (UInt128(interval.lower), UInt128(interval.upper))
    case .ipv6(let interval): (interval.lower, interval.upper)
    }
  }
}
