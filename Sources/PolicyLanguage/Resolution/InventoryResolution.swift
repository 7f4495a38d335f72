import Diagnostics
import NetworkTypes

/// The rows of `smtp-egress.subnets`, in the order of the text and of its files.
extension Resolver {
  mutating func resolveSubnets(
    _ declaration: SubnetsDeclaration, into gate: inout ResolvedSMTPEgress
  ) {
    gate.subnetsSpan = declaration.keySpan
    for part in declaration.parts {
      switch part {
      case .row(let row):
        guard let subnet = subnet(of: row) else { continue }
        append(subnet, row.waivers, to: &gate)
      case .file(let file):
        guard let rows = inventory(file) else { continue }
        let start = gate.subnets.count
        gate.subnets += rows.subnets
        gate.inventories.append(
          SubnetInventory(
            rows: start..<gate.subnets.count, file: sources[rows.file].name,
            waivers: file.waivers, span: file.path.span))
      }
    }
  }

  /// Rows of the policy that stand together, and waive the same, are one inventory.
  private func append(
    _ subnet: Subnet, _ waivers: [Waiver], to gate: inout ResolvedSMTPEgress
  ) {
    let index = gate.subnets.count
    gate.subnets.append(subnet)
    if let last = gate.inventories.last, last.file == nil, last.waivers == waivers {
      gate.inventories[gate.inventories.count - 1].rows = last.rows.lowerBound..<(index + 1)
    } else {
      gate.inventories.append(
        SubnetInventory(rows: index..<(index + 1), file: nil, waivers: waivers, span: subnet.span))
    }
  }

  private mutating func subnet(of row: SubnetRow) -> Subnet? {
    let prefix: IPPrefix
    do throws(AddressParseError) {
      let literal = try parseAddressLiteral(row.prefix.value)
      if let mapped = literal.mappedIPv4 {
        report(
          Self.mappedDiagnostic(
            mapped, at: row.prefix.span, writing: writtenSpan(of: row.prefix),
            secondary: origin(of: row.prefix)))
        return nil
      }
      guard let found = IPPrefix(literal) else {
        report(
          Diagnostic(
            .badAddress, .error, "a row of `subnets` holds one prefix, not a range",
            at: row.prefix.span, secondary: origin(of: row.prefix),
            help: [Diagnostic.Help("write a row for each prefix")]))
        return nil
      }
      prefix = found
    } catch {
      let isName = networks[row.prefix.value] != nil || zoneIndices[row.prefix.value] != nil
      report(
        isName
          ? Diagnostic(
            .badAddress, .error, "a row of `subnets` holds a prefix, not a name",
            at: row.prefix.span, secondary: origin(of: row.prefix),
            help: [
              Diagnostic.Help("write its prefixes, a row for each"),
              Diagnostic.Help("or except it by name: `allow: [{ from: \(row.prefix.value) }]`"),
            ])
          : addressDiagnostic(error, row.prefix))
      return nil
    }
    var subnet = Subnet(
      prefix: prefix, name: row.name.value, answer: row.answer.value, span: row.span)
    subnet.owner = row.owner?.value
    subnet.ticket = row.ticket?.value
    subnet.expires = row.expires?.value
    subnet.expiresSpan = row.expires?.span
    return subnet
  }

  /// The rows of one file; nil after an error.
  private mutating func inventory(_ inventory: InventoryFile) -> InventoryRows? {
    guard let file = listFile(inventory.path), let rows = readRows(of: inventory, file) else {
      return nil
    }
    return isLargeEnough(rows, inventory) ? rows : nil
  }

  /// An empty export must neither open nor shut a network.
  private mutating func isLargeEnough(_ rows: InventoryRows, _ inventory: InventoryFile) -> Bool {
    let count = rows.subnets.count
    let path = inventory.path
    if let atLeast = inventory.atLeast, count < atLeast.value {
      report(
        Diagnostic(
          .shrunkenInventory, .error,
          "an inventory has at least \(atLeast.value) \(atLeast.value == 1 ? "row" : "rows"), and "
            + "only \(count) \(count == 1 ? "was" : "were") found", at: path.span,
          secondary: [Diagnostic.Label(atLeast.span, "the least that is accepted")],
          help: [Diagnostic.Help("restore the export, or lower `at-least`")]))
      return false
    }
    if count > 0 || inventory.mayBeEmpty?.value == true { return true }
    guard rows.rowCount > 0, let first = inventory.conditions.first else {
      report(
        Diagnostic(
          .emptyInventory, .error, "an inventory has at least one row: `\(path.value)` has none",
          at: path.span,
          help: [
            Diagnostic.Help(
              "restore the export: an empty one would shut everybody's port 25 or open it"),
            Diagnostic.Help(
              "or write `{ file: \(path.value), empty: true }`, if nothing in it is intended"),
          ]))
      return false
    }
    let last = inventory.conditions.last?.values.last?.span ?? first.column.span
    let start = first.column.span
    let span =
      last.file == start.file && last.end > start.start
      ? SourceSpan(file: last.file, start: Int(start.start), end: Int(last.end)) : start
    report(
      Diagnostic(
        .emptyInventory, .error,
        "an inventory has at least one row: this `where` selects none of the \(rows.rowCount)",
        at: span, secondary: [Diagnostic.Label(path.span, "the rows are here")],
        help: [
          Diagnostic.Help(
            "compare the values with the column, capitals included, or add `empty: true`")
        ]))
    return false
  }
}
