package import Diagnostics

/// The codes of the Lowering room.
extension DiagnosticCode {
  package static let invalidOutput = DiagnosticCode("FW601", "invalid-output")

  package static let loweringCatalogue: [DiagnosticCode] = [.invalidOutput]
}
