/// Diagnostics as workflow commands, which GitHub shows at the lines of a change.
///
/// `::error file=F,line=L,endLine=L,col=C,endColumn=C,title=T::message`. Notes and help are further
/// lines of the message. Columns are given for one line only, as the runner demands.
package struct GitHubRenderer: Sendable {
  package init() {}

  package func render(_ diagnostics: [Diagnostic], sources: SourceMap) -> String {
    var positions = PositionReader(sources)
    var result = ""
    for diagnostic in diagnostics.inReportOrder() {
      var properties: [String] = []
      if let span = diagnostic.primary?.span {
        let start = positions.start(of: span)
        let end = positions.end(of: span)
        properties.append("file=\(Self.property(sources[span.file].name))")
        properties.append("line=\(start.line)")
        properties.append("endLine=\(end.line)")
        if start.line == end.line {
          properties.append("col=\(start.column)")
          properties.append("endColumn=\(end.column)")
        }
      }
      let code = diagnostic.code
      properties.append("title=\(Self.property("\(code.code) \(code.name)"))")
      var lines = [diagnostic.message]
      lines += diagnostic.notes.map { "note: \($0)" }
      lines += diagnostic.help.map { "help: \($0.text)" }
      let text = Self.data(lines.joined(separator: "\n"))
      let command = diagnostic.severity == .note ? "notice" : diagnostic.severity.name
      result += "::\(command) \(properties.joined(separator: ","))::\(text)\n"
    }
    return result
  }

  /// What a command's data must escape; other control characters are made visible.
  private static func data(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": result += "%25"
      case "\r": result += "%0D"
      case "\n": result += "%0A"
      default: result += VisibleScalar.form(of: scalar).text
      }
    }
    return result
  }

  /// What a property must escape: as data, and what ends a property.
  private static func property(_ text: String) -> String {
    var result = ""
    for character in data(text).unicodeScalars {
      switch character {
      case ":": result += "%3A"
      case ",": result += "%2C"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
