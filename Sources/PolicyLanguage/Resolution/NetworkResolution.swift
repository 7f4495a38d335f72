import Diagnostics
import NetworkTypes

extension Resolver {
  /// Reads and looks up every network, in an order in which each finds those it names.
  ///
  /// The result is in the order of the text; a network with an error is missing from it.
  mutating func resolveNetworks() -> [ResolvedNetwork] {
    // A name that is taken was reported; only the declaration that holds it is looked up.
    var indices: [String: Int] = [:]
    for (index, network) in policy.networks.enumerated()
    where indices[network.name.value] == nil && isOwnNetwork(network.name.value) {
      indices[network.name.value] = index
    }
    let references: [[Reference]] = policy.networks.map { network in
      guard case .of(let expression) = network.source else { return [] }
      return expression.terms.compactMap { term in
        indices[term.value].map { Reference(target: $0, span: term.span) }
      }
    }
    let order = DependencyOrder(references)
    let keepsWritten = namedByExceptions(indices, references, order)
    reportCycles(order, names: policy.networks.map(\.name), kind: "network")
    for index in order.order where !order.isOnCycle[index] {
      let network = policy.networks[index]
      guard indices[network.name.value] == index, !dynamicNetworks.contains(network.name.value)
      else { continue }
      waivers = network.waivers
      if let value = networkValue(network, keepingWritten: keepsWritten[index]) {
        networks[network.name.value] = value
      }
      waivers = []
    }
    return policy.networks.enumerated().compactMap { index, network in
      guard indices[network.name.value] == index, let value = networks[network.name.value] ?? nil
      else { return nil }
      return ResolvedNetwork(
        name: network.name, addresses: value.addresses, networkClass: network.networkClass?.value)
    }
  }

  /// Which networks the gate's exceptions name, themselves or through others: the longest of their
  /// prefixes decides there, so that those must be known as they were written.
  private func namedByExceptions(
    _ indices: [String: Int], _ references: [[Reference]], _ order: DependencyOrder
  ) -> [Bool] {
    var result = [Bool](repeating: false, count: policy.networks.count)
    for exception in policy.smtpEgress?.allow ?? [] {
      for term in exception.from?.terms ?? [] {
        if let index = indices[term.value] { result[index] = true }
      }
    }
    // What names a network stands behind it.
    for index in order.order.reversed() where result[index] {
      for reference in references[index] { result[reference.target] = true }
    }
    return result
  }

  /// Whether the name is a network that the policy declares.
  private func isOwnNetwork(_ name: String) -> Bool {
    networks[name] != nil && !AddressSet.builtInNames.contains(name)
  }

  /// The addresses of one declaration; nil after an error.
  private mutating func networkValue(_ network: NetworkDeclaration, keepingWritten: Bool)
    -> NetworkValue?
  {
    let value: NetworkValue
    let listSpan: SourceSpan
    switch network.source {
    case .of(let expression):
      entries = countsEntries ? NetworkEntries() : nil
      entrySources = []
      let addresses = addresses(expression, at: .networkList)
      let distinct = entries?.distinct() ?? NetworkEntries()
      entries = nil
      guard let addresses else { return nil }
      value = NetworkValue(
        addresses: addresses, written: keepingWritten ? writtenAddresses(expression) : nil,
        entries: distinct)
      listSpan = expression.span
    case .file(let path):
      guard let read = readPrefixList(path, keepingWritten: keepingWritten) else { return nil }
      value = read
      listSpan = path.span
    case .csv(let path, let column, let conditions):
      let read = readColumn(column, of: path, where: conditions, keepingWritten: keepingWritten)
      guard let read else { return nil }
      value = read
      listSpan = path.span
    case .dynamic: return nil
    }
    return isLargeEnough(value, network, listSpan) ? value : nil
  }

  private mutating func isLargeEnough(
    _ value: NetworkValue, _ network: NetworkDeclaration, _ listSpan: SourceSpan
  ) -> Bool {
    let name = network.name.value
    if let atLeast = network.atLeast, value.entries.count < atLeast.value {
      report(
        Diagnostic(
          .shrunkenNetwork, .error,
          "`\(name)` has at least \(counted(atLeast.value)), and only \(value.entries.count) "
            + "\(value.entries.count == 1 ? "was" : "were") found", at: listSpan,
          secondary: [Diagnostic.Label(atLeast.span, "the least that is accepted")],
          help: [Diagnostic.Help("restore the list, or lower `at-least`")]))
      return false
    }
    if value.addresses.isEmpty, network.mayBeEmpty?.value != true {
      if case .csv(_, _, let conditions) = network.source, let first = conditions.first {
        let last = conditions.last?.values.last?.span ?? first.column.span
        let isOnePlace = last.file == first.column.span.file && last.end > first.column.span.start
        let span =
          isOnePlace
          ? SourceSpan(
            file: last.file, start: Int(first.column.span.start), end: Int(last.end))
          : first.column.span
        report(
          Diagnostic(
            .emptyNetwork, .error,
            "a network holds at least one address: this `where` selects no row for `\(name)`",
            at: span, secondary: [Diagnostic.Label(listSpan, "the rows are here")],
            help: [
              Diagnostic.Help(
                "compare the values with the column, capitals included, or add `empty: true`")
            ]))
        return false
      }
      report(
        Diagnostic(
          .emptyNetwork, .error, "a network holds at least one address: `\(name)` holds none",
          at: listSpan,
          help: [
            Diagnostic.Help("fill the list, or add `empty: true` if nothing in it is intended")
          ]))
      return false
    }
    return true
  }

  private func counted(_ count: Int) -> String {
    count == 1 ? "1 entry" : "\(count) different entries"
  }
}
