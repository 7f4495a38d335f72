import Diagnostics

extension DecodingContext {
  private static let zoneKeys = KeyTable(
    what: "a zone",
    known: ["interfaces", "kind", "networks", "invalid", "anti-spoofing", "waive", "override"],
    synonyms: ["interface": "interfaces", "network": "networks", "type": "kind"])

  /// One entry of `zones`.
  mutating func zone(_ pair: SyntaxPair) -> Overridable<ZoneDeclaration>? {
    let name = identifier(pair.key, "the name of a zone")
    guard let entries = entries(pair.value, Self.zoneKeys) else { return nil }
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

  private mutating func interfaces(_ node: SyntaxNode) -> [Located<InterfacePattern>] {
    let items = items(node)
    if items.isEmpty { report(.wrongType, "a zone has at least one interface", at: node) }
    return items.compactMap { interface($0) }
  }

  /// Bytes as the kernel's `dev_valid_name` wants them.
  private mutating func interface(_ node: SyntaxNode) -> Located<InterfacePattern>? {
    guard let found = text(node, "an interface") else { return nil }
    let text = found.value
    let isWildcard = text.utf8.last == UInt8(ascii: "*")
    let stem = isWildcard ? String(text.dropLast()) : text
    if isWildcard, stem.isEmpty {
      report(
        .invalidInterface, "an interface pattern has a name before its `*`", at: node,
        help: [.init("name the interfaces; a rule without zones is about all of them")])
      return nil
    }
    if text == "lo" {
      report(
        .invalidInterface, "`lo` belongs to no zone: loopback is always accepted", at: node)
      return nil
    }
    let isName = stem.utf8.allSatisfy {
      $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":")
        && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    guard isName, (1...15).contains(stem.utf8.count), stem != ".", stem != ".." else {
      report(
        .invalidInterface,
        "an interface is a name of 1 to 15 bytes without spaces, `/`, `:` and quotes, or `name*`",
        at: node)
      return nil
    }
    return found.map { _ in InterfacePattern(stem: stem, isWildcard: isWildcard) }
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
