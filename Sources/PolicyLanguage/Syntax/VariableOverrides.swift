/// Values for variables from outside the policy: `--values FILE` and `--set name=value`.
///
/// A setting wins over a values file, and a later one over an earlier one.
package struct VariableOverrides: Sendable {
  /// YAML maps of name to value; names are what reports show.
  package var valuesFiles: [ProvidedSource]
  /// Values are text, never YAML.
  package var settings: [(name: String, value: String)]

  package init(valuesFiles: [ProvidedSource] = [], settings: [(name: String, value: String)] = []) {
    self.valuesFiles = valuesFiles
    self.settings = settings
  }
}
