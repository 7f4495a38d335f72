import Diagnostics

extension Check {
  /// The profiles that it belongs to; empty for what every machine is asked.
  package var profiles: Set<CheckProfile> { Self.profilesByName[name] ?? [] }

  /// Whether some finding of it is an error; such a check is never left out.
  package var findsErrors: Bool { severity == .error || Self.errorsByName.contains(name) }

  /// Every other check is common to all profiles.
  private static let profilesByName: [String: Set<CheckProfile>] = [
    undocumentedSMTPExemption.name: [.mailHost, .ispEdge],
    spoofableSMTPExemption.name: [.mailHost, .ispEdge],
    smtpOpenFromContainers.name: [.webHost],
    undeclaredSubmission.name: [.mailHost],
    cleartextMailAccess.name: [.mailHost],
    unlimitedAuthentication.name: [.mailHost],
    submissionsMissing.name: [.mailHost],
    mailToDynamicClients.name: [.ispEdge],
    unreviewedSMTPBlock.name: [.mailHost, .ispEdge],
    unsolicitedMailReplies.name: [.ispEdge],
    publishedPastInbound.name: [.webHost],
    noAntiSpoofing.name: [.ispEdge],
    transitEchoBlocked.name: [.ispEdge],
    clientToClientUnsaid.name: [.ispEdge],
  ]

  /// Checks whose findings are warnings as a rule, and an error where that is certain.
  private static let errorsByName: Set<String> = [unreachableRule.name]
}
