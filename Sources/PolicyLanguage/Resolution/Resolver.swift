package import Diagnostics
import NetworkTypes

/// Looks up every name of a policy and reads its lists.
///
/// There is a value only if there is no error. Every problem is reported at once, each by its cause
/// alone: what depends on a name that failed stays silent. Lists that are read join `sources`, so
/// that diagnostics point into them.
package func resolve(
  _ policy: Policy, provider: some SourceProvider, sources: inout SourceMap
) -> Staged<ResolvedPolicy> {
  var resolver = Resolver(policy, provider: provider, sources: sources)
  let resolved = resolver.resolvePolicy()
  sources = resolver.sources
  let diagnostics = sources.foldingInstances(resolver.diagnostics).inReportOrder()
  let hasErrors = diagnostics.contains { $0.severity == .error }
  return Staged(hasErrors ? nil : resolved, diagnostics)
}

/// The state of one resolution: the names known so far, and what there is to say.
struct Resolver {
  let policy: Policy
  let provider: any SourceProvider
  var sources: SourceMap
  var diagnostics: [Diagnostic] = []
  let algebra: EndpointAlgebra

  /// Zones by name.
  var zoneIndices: [String: Int] = [:]
  /// Networks by name, built-in ones included; nil where one failed.
  var networks: [String: NetworkValue?] = [:]
  /// The networks that are filled at run time.
  var dynamicNetworks: Set<String> = []
  /// Services by name; nil where one failed.
  var services: [String: ServiceValue?] = [:]
  var users: [String: UInt32] = [:]
  /// Files read for lists, by display name.
  var listFiles: [String: SourceFileID] = [:]
  /// Whether any network says `at-least`, so that entries are worth their memory.
  let countsEntries: Bool
  /// The entries that the list in hand has named so far, for `at-least`; nil where none count.
  var entries: NetworkEntries?
  /// The networks whose entries are among them.
  var entrySources: Set<String> = []
  /// How many searches for a nearest name there were.
  var nearestSearches = 0
  /// What silences warnings at the declaration in hand.
  var waivers: [Waiver] = []
  /// What has been silenced, and by which waivers.
  var waived: [WaivedDiagnostic] = []
  var usedWaivers: [Waiver] = []

  init(_ policy: Policy, provider: some SourceProvider, sources: SourceMap) {
    self.policy = policy
    self.provider = provider
    self.sources = sources
    countsEntries = policy.networks.contains { $0.atLeast != nil }
    algebra = EndpointAlgebra(zoneCount: policy.zones.count)
    listFiles = policy.inventoryFiles
    for user in policy.users { users[user.name.value] = user.uid.value }
  }

  mutating func resolvePolicy() -> ResolvedPolicy {
    var resolved = ResolvedPolicy(
      name: policy.name.value, role: policy.role.value, nameSpan: policy.name.span)
    resolved.owner = policy.owner?.value
    resolved.table = policy.table.value
    resolved.priority = policy.priority.value
    resolved.outboundDefault = policy.defaults.outbound?.value ?? .allow
    resolved.invalid = policy.defaults.invalid?.value ?? .deny
    declareNames()
    resolveServices()
    resolved.services = services.compactMapValues { $0?.set }
    resolved.dynamicNetworks = resolveDynamicNetworks()
    resolved.networks = resolveNetworks()
    resolved.zones = resolveZones(defaultInvalid: resolved.invalid)
    resolveSections(into: &resolved)
    resolved.smtpEgress = resolveGate(zones: resolved.zones)
    if resolved.zones.contains(where: { !$0.antiSpoofing.isEmpty }) {
      resolved.antiSpoofingLog = LogSettings().inheriting(policy.defaults.log).log(
        LogPrefix(section: "anti-spoofing", rule: "default", verdict: "deny"))
    }
    resolved.tests = resolveTests(of: resolved)
    resolved.waived = waived
    resolved.usedWaivers = usedWaivers
    return resolved
  }

  mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  /// Reports a warning, unless the declaration in hand waives it.
  mutating func warn(_ diagnostic: Diagnostic) {
    var diagnostic = diagnostic
    diagnostic.severity = .warning
    guard let waiver = waivers.first(where: { $0.check.value == diagnostic.code.name }) else {
      diagnostics.append(diagnostic)
      return
    }
    usedWaivers.append(waiver)
    waived.append(
      WaivedDiagnostic(diagnostic, reason: waiver.reason.value, at: waiver.check.span))
  }
}
