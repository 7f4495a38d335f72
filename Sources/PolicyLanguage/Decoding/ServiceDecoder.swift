import Diagnostics

extension DecodingContext {
  private static let serviceKeys = KeyTable(
    what: "a service", known: ["of", "description", "source", "helper", "override"],
    synonyms: ["port": "of", "ports": "of"])

  /// One entry of `services`.
  mutating func serviceEntry(_ pair: SyntaxPair, isBuiltIn: Bool) -> Overridable<
    ServiceDeclaration
  >? {
    let name = identifier(pair.key, "the name of a service")
    guard case .mapping = pair.value.content else {
      guard let of = service(pair.value, "a service"), let name else { return nil }
      return Overridable(
        ServiceDeclaration(name: name, of: of, isBuiltIn: isBuiltIn), isOverride: nil, isBare: true)
    }
    guard let entries = entries(pair.value, Self.serviceKeys) else { return nil }
    if !entries.has("of"), !entries.hasUnknownKeys {
      report(
        .missingKey, "a service has `of`", at: pair.key,
        help: [.init("write `of: tcp/25` or a list of services")])
    }
    let of = entries["of"].flatMap { service($0, "`of`") }
    let description = entries["description"].flatMap { text($0, "`description`") }
    let source = entries["source"].flatMap { text($0, "`source`") }
    let helper = entries["helper"].flatMap { choice($0, "`helper`", of: ConntrackHelper.self) }
    let isOverride = entries["override"].flatMap { boolean($0, "`override`") }
    guard let of, let name else { return nil }
    return Overridable(
      ServiceDeclaration(
        name: name, of: of, description: description, source: source, helper: helper,
        isOverride: isOverride?.value ?? false, isBuiltIn: isBuiltIn), isOverride: isOverride)
  }
}
