package import Diagnostics

/// Codes of a policy's text: its files, its YAML, and the shape of its keys.
extension DiagnosticCode {
  /// A file that cannot be read; on the root policy, no question could be asked at all.
  package static let unreadableFile = DiagnosticCode("FW001", "unreadable-file")
  package static let fileTooLarge = DiagnosticCode("FW002", "file-too-large")
  package static let notUTF8 = DiagnosticCode("FW003", "not-utf8")
  package static let controlCharacter = DiagnosticCode("FW004", "control-character")
  package static let emptyFile = DiagnosticCode("FW005", "empty-file")
  package static let invalidYAML = DiagnosticCode("FW006", "invalid-yaml")
  package static let tabIndentation = DiagnosticCode("FW007", "tab-indentation")
  package static let nestedTooDeep = DiagnosticCode("FW008", "nested-too-deep")
  package static let yamlTag = DiagnosticCode("FW009", "yaml-tag")
  package static let yamlAnchor = DiagnosticCode("FW010", "yaml-anchor")
  package static let mergeKey = DiagnosticCode("FW011", "merge-key")
  package static let nullValue = DiagnosticCode("FW012", "null-value")
  package static let missingSpace = DiagnosticCode("FW013", "missing-space")
  package static let unlistedComma = DiagnosticCode("FW014", "unlisted-comma")
  package static let secondDocument = DiagnosticCode("FW015", "second-document")
  package static let duplicateKey = DiagnosticCode("FW016", "duplicate-key")
  package static let keyNotText = DiagnosticCode("FW017", "key-not-text")

  package static let undefinedVariable = DiagnosticCode("FW020", "undefined-variable")
  package static let cyclicVariable = DiagnosticCode("FW021", "cyclic-variable")
  package static let invalidReference = DiagnosticCode("FW022", "invalid-reference")
  package static let variableNotText = DiagnosticCode("FW023", "variable-not-text")
  package static let variablePlace = DiagnosticCode("FW024", "variable-place")
  package static let expansionTooLarge = DiagnosticCode("FW025", "expansion-too-large")
  package static let unusedSetting = DiagnosticCode("FW026", "unused-setting")

  package static let unknownTemplate = DiagnosticCode("FW027", "unknown-template")
  /// A parameter that nothing uses, or that a row or a header row does not give.
  package static let templateParameter = DiagnosticCode("FW028", "template-parameter")
  package static let emptyInstances = DiagnosticCode("FW029", "empty-instances")

  package static let includeCycle = DiagnosticCode("FW030", "include-cycle")
  package static let includeTooDeep = DiagnosticCode("FW031", "include-too-deep")
  package static let rootOnlyKey = DiagnosticCode("FW032", "root-only-key")
  package static let sameName = DiagnosticCode("FW033", "same-name")
  package static let sameSetting = DiagnosticCode("FW034", "same-setting")
  package static let nothingToOverride = DiagnosticCode("FW035", "nothing-to-override")

  package static let unknownKey = DiagnosticCode("FW040", "unknown-key")
  package static let notSupportedYet = DiagnosticCode("FW041", "not-supported-yet")
  package static let missingKey = DiagnosticCode("FW042", "missing-key")
  package static let wrongType = DiagnosticCode("FW043", "wrong-type")
  package static let languageVersion = DiagnosticCode("FW044", "language-version")
  package static let invalidIdentifier = DiagnosticCode("FW045", "invalid-identifier")
  package static let unknownChoice = DiagnosticCode("FW046", "unknown-choice")
  package static let invalidNumber = DiagnosticCode("FW047", "invalid-number")
  package static let invalidDate = DiagnosticCode("FW048", "invalid-date")
  package static let invalidInterface = DiagnosticCode("FW049", "invalid-interface")
  package static let invalidLimit = DiagnosticCode("FW050", "invalid-limit")
  package static let invalidLog = DiagnosticCode("FW051", "invalid-log")
  package static let ruleVerdicts = DiagnosticCode("FW052", "rule-verdicts")
  package static let misplacedKey = DiagnosticCode("FW053", "misplaced-key")
  package static let conflictingKeys = DiagnosticCode("FW054", "conflicting-keys")
  package static let nestedGroup = DiagnosticCode("FW055", "nested-group")
  package static let invalidText = DiagnosticCode("FW056", "invalid-text")
  package static let negation = DiagnosticCode("FW057", "negation")
  package static let fixedDefault = DiagnosticCode("FW058", "fixed-default")
  package static let invalidDuration = DiagnosticCode("FW059", "invalid-duration")

  /// Every code of the language's text.
  package static let syntaxCatalogue: [DiagnosticCode] = [
    unreadableFile, fileTooLarge, notUTF8, controlCharacter, emptyFile, invalidYAML,
    tabIndentation, nestedTooDeep, yamlTag, yamlAnchor, mergeKey, nullValue, missingSpace,
    unlistedComma, secondDocument, duplicateKey, keyNotText, undefinedVariable, cyclicVariable,
    invalidReference, variableNotText, variablePlace, expansionTooLarge, unusedSetting,
    unknownTemplate, templateParameter, emptyInstances,
    includeCycle, includeTooDeep, rootOnlyKey, sameName, sameSetting, nothingToOverride,
    unknownKey, notSupportedYet, missingKey, wrongType, languageVersion, invalidIdentifier,
    unknownChoice, invalidNumber, invalidDate, invalidInterface, invalidLimit, invalidLog,
    ruleVerdicts, misplacedKey, conflictingKeys, nestedGroup, invalidText, negation,
    fixedDefault, invalidDuration,
  ]
}
