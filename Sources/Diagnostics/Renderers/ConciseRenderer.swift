/// One line per diagnostic, as compilers print them: `file:line:column: error[FW201]: message`.
///
/// Editors and grep read it; a diagnostic without a place begins with its severity.
package struct ConciseRenderer: Sendable {
  package init() {}

  package func render(_ diagnostics: [Diagnostic], sources: SourceMap) -> String {
    var positions = PositionReader(sources)
    var result = ""
    for diagnostic in diagnostics.inReportOrder() {
      if let span = diagnostic.primary?.span {
        let place = positions.start(of: span)
        result += "\(sources[span.file].name.visible):\(place.line):\(place.column): "
      }
      result += "\(diagnostic.severity.name)[\(diagnostic.code.code)]: "
      result += diagnostic.message.visible + "\n"
    }
    return result
  }
}
