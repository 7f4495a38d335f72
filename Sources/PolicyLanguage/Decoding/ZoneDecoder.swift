import Diagnostics

extension DecodingContext {
  private static let zoneKeys = KeyTable(
    what: "a zone",
    known: ["interfaces", "kind", "networks", "invalid", "anti-spoofing", "waive", "override"],
    synonyms: ["interface": "interfaces", "network": "networks", "type": "kind"])

  /// One entry of `zones`.
  mutating func zone(_ pair: SyntaxPair) -> Overridable<ZoneDeclaration>? {
    let name = identifier(pair.key, "the name of a zone")
    guard let entries = entries(pair.value, Self.zoneKeys, shape: interfacesShape(pair.value))
    else { return nil }
    var zone = ZoneDeclaration(
      name: name ?? Located("", pair.key.span), interfaces: [], span: pair.value.span)
    if let node = entries["interfaces"] {
      zone.interfaces = interfaces(node)
    } else if !entries.has("interfaces"), !entries.hasUnknownKeys {
      report(
        .missingKey, "a zone has `interfaces`", at: pair.key,
        help: [.init("write `interfaces: [eth0]`; addresses without one are a network")])
    }
    zone.kind = entries["kind"].flatMap { choice($0, "`kind`") }
    zone.networks = entries["networks"].flatMap { endpoint($0, "`networks`") }
    zone.invalid = entries["invalid"].flatMap { choice($0, "`invalid`") }
    zone.antiSpoofing = entries["anti-spoofing"].flatMap { antiSpoofing($0) }
    zone.waivers = waivers(entries)
    let isOverride = entries["override"].flatMap { boolean($0, "`override`") }
    guard name != nil else { return nil }
    return Overridable(zone, isOverride: isOverride)
  }

  /// `{ interfaces: [eth1] }` for the zone that is only its interfaces.
  private func interfacesShape(_ node: SyntaxNode) -> Diagnostic.Help? {
    let names = items(node).compactMap { item -> String? in
      guard case .scalar(let text, let style) = item.content else { return nil }
      return style == .plain ? text : quoted(text)
    }
    guard !names.isEmpty, names.count == items(node).count else {
      return .init("write `{ interfaces: [eth0] }`")
    }
    let shape = "{ interfaces: [\(names.joined(separator: ", "))] }"
    return .init("write `\(shape)`", replacing: node.writtenSpan, with: shape)
  }

  private mutating func interfaces(_ node: SyntaxNode) -> [Located<InterfacePattern>] {
    let items = items(node)
    if items.isEmpty {
      report(
        .wrongType, "a zone has at least one interface", at: node,
        help: [.init("write `[eth0]`, or remove the zone: addresses without one are a network")])
    }
    return items.compactMap { interface($0) }
  }

  /// Bytes as the kernel's `dev_valid_name` wants them.
  private mutating func interface(_ node: SyntaxNode) -> Located<InterfacePattern>? {
    guard let found = text(node, "an interface") else { return nil }
    let text = found.value
    let isWildcard = text.utf8.last == UInt8(ascii: "*")
    let stem = isWildcard ? String(Substring(text.utf8.dropLast())) : text
    if isWildcard, stem.isEmpty {
      report(
        .invalidInterface, "an interface pattern has a name before its `*`", at: node,
        help: [.init("name the interfaces; a rule without zones is about all of them")])
      return nil
    }
    if text == "lo" {
      report(
        .invalidInterface, "`lo` belongs to no zone: loopback is always accepted", at: node,
        help: [.init("remove it")])
      return nil
    }
    if let (message, help) = interfaceProblem(stem, node) {
      report(.invalidInterface, message, at: node, help: [help])
      return nil
    }
    return found.map { _ in InterfacePattern(stem: stem, isWildcard: isWildcard) }
  }

  /// What the kernel would refuse in a name, and the change to make.
  func interfaceProblem(_ stem: String, _ node: SyntaxNode) -> (String, Diagnostic.Help)? {
    let shown = Diagnostic.Help("write the name that `ip link` shows")
    if stem.isEmpty { return ("an interface has a name", shown) }
    if stem == "." || stem == ".." { return ("an interface cannot be named `\(stem)`", shown) }
    if let star = stem.utf8.firstIndex(of: UInt8(ascii: "*")) {
      let head = stem[..<star]
      let pattern = quoted("\(head)*")
      return (
        "`*` stands only at the end of an interface pattern",
        head.isEmpty
          ? shown
          : .init(
            "write `\(pattern)` for every name that begins so", replacing: node.writtenSpan,
            with: pattern)
      )
    }
    let refused = stem.unicodeScalars.first {
      $0.value <= 0x20 || $0.value == 0x7F || "/:\"\\".unicodeScalars.contains($0)
    }
    if let refused {
      let name =
        refused == " "
        ? "a space"
        : refused.value < 0x20 || refused.value == 0x7F
          ? "a control character" : "`\(refused)`"
      return (
        "\(name) cannot stand in an interface name",
        meant(by: stem, refused).map { .init("\(shown.text), perhaps `\($0)`") } ?? shown
      )
    }
    let count = stem.utf8.count
    guard count > 15 else { return nil }
    return (
      "an interface name has at most 15 bytes, this one has \(count)",
      .init("write the name that `ip link` shows before `@` and without its `altname`")
    )
  }

  /// A quote is left over from quoting, and what follows a colon numbers the addresses of one
  /// interface.
  private func meant(by stem: String, _ refused: Unicode.Scalar) -> String? {
    let name: String
    switch refused {
    case "\"": name = String(stem.filter { $0 != "\"" })
    case ":": name = String(stem.prefix { $0 != ":" })
    default: return nil
    }
    let isName = Identifier.isValid(name) && name.utf8.count <= 15 && name != "lo"
    return isName ? name : nil
  }

  private mutating func antiSpoofing(_ node: SyntaxNode) -> Located<[AntiSpoofing]>? {
    guard case .sequence(let items) = node.content else {
      return choice(node, "`anti-spoofing`", of: AntiSpoofing.self).map { found in
        found.map { [$0] }
      }
    }
    var modes: [AntiSpoofing] = []
    for item in items {
      guard let mode = choice(item, "`anti-spoofing`", of: AntiSpoofing.self) else { continue }
      if mode.value == .off {
        report(.conflictingKeys, "`off` stands alone, not in a list", at: item)
      } else if !modes.contains(mode.value) {
        modes.append(mode.value)
      }
    }
    if items.isEmpty {
      report(
        .wrongType, "a list of `anti-spoofing` is not empty", at: node,
        help: [.init("write `off`", replacing: node.writtenSpan, with: "off")])
      return nil
    }
    return Located(modes, node.span, definition: node.definition)
  }
}
