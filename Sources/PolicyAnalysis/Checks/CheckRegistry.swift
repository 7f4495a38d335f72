package import Diagnostics
import PolicyLanguage

extension Check {
  /// Every check, in order of code; a new one is a line here.
  package static let registry: [Check] = [
    .unreachableRule,
    .redundantRule,
    .correlatedRule,
    .generalisedRule,
    .deniedGatePass,
    .unusedZone,
    .unusedNetwork,
    .unusedService,
    .unusedVariable,
    .unknownWaiver,
    .idleWaiver,
    .openSMTPEgress,
    .smtpEgressOneFamily,
    .wideSMTPExemption,
    .undocumentedSMTPExemption,
    .spoofableSMTPExemption,
    .smtpOpenFromContainers,
    .smtpShutOnOnePath,
    .submissionBlocked,
    .undeclaredSubmission,
    .undeclaredMailServer,
    .mailServerCannotSend,
    .cleartextMailAccess,
    .unlimitedAuthentication,
    .silentSMTPBlock,
    .submissionsMissing,
    .mailToDynamicClients,
    .unreviewedSMTPBlock,
    .unsolicitedMailReplies,
    .openProxy,
    .openResolver,
    .udpAmplifier,
    .exposedLANService,
    .exposedManagement,
    .exposedDatabase,
    .cleartextLogin,
    .publishedPastInbound,
    .oneFamilyService,
    .sharedLimit,
    .noAntiSpoofing,
    .bogonsFromOutside,
    .wideHelper,
    .silentDenials,
    .expired,
    .expiring,
    .expiringDeny,
    .transitEchoBlocked,
    .reachesManagement,
    .clientToClientUnsaid,
    .dhcpv6RepliesBlocked,
    .unmatchedDeclaration,
    .unknownDeclaration,
    .strictReversePathUplink,
    .noOutsideZone,
  ]

  /// The codes of all checks, and of what keeps them from running.
  package static var catalogue: [DiagnosticCode] { [.uncheckedPolicy] + registry.map(\.code) }

  /// The names that `waive` knows: of checks, and of what resolution warns of.
  static let waivableNames: Set<String> = Set(
    registry.map(\.name) + ResolutionCodes.catalogue.map(\.name))
}

extension DiagnosticCode {
  /// The policy is too large for its meaning to be looked at.
  package static let uncheckedPolicy = DiagnosticCode("FW200", "unchecked-policy")
}
