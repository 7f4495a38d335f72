package import Diagnostics

/// The codes of the Deployment room.
extension DiagnosticCode {
  package static let notPermitted = DiagnosticCode("FW701", "missing-privilege")
  package static let kernelRefused = DiagnosticCode("FW702", "kernel-refused")
  package static let foreignTable = DiagnosticCode("FW703", "foreign-table")
  package static let sshLockout = DiagnosticCode("FW704", "ssh-lockout")
  package static let rulesetChanged = DiagnosticCode("FW705", "ruleset-changed")
  package static let kernelTrouble = DiagnosticCode("FW706", "kernel-trouble")
  package static let unreadableSSHConnection = DiagnosticCode("FW707", "unreadable-ssh-connection")
  package static let hiddenSSHConnection = DiagnosticCode("FW708", "hidden-ssh-connection")
  package static let unknownRuleset = DiagnosticCode("FW709", "unknown-ruleset")
  package static let contentLost = DiagnosticCode("FW710", "content-lost")
  package static let noLogGroup = DiagnosticCode("FW720", "no-log-group")
  package static let logGroupTaken = DiagnosticCode("FW721", "log-group-taken")
  package static let nothingCut = DiagnosticCode("FW722", "nothing-cut")

  package static let deploymentCatalogue: [DiagnosticCode] = [
    .notPermitted, .kernelRefused, .foreignTable, .sshLockout, .rulesetChanged, .kernelTrouble,
    .unreadableSSHConnection, .hiddenSSHConnection, .unknownRuleset, .contentLost, .noLogGroup,
    .logGroupTaken, .nothingCut,
  ]
}
