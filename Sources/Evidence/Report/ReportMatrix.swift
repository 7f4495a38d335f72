import Diagnostics
import PolicyAnalysis
import PolicyLanguage

extension PolicyReport {
  /// The matrix of zones and services; with many zones, the list of what passes between them.
  func writeMatrix(_ html: inout HTMLWriter) {
    if !matrix.lists.isEmpty {
      writeLists(&html)
      return
    }
    html.element(
      "p", ["class": "soft"],
      text: "New connections that can arrive, with room in every limit: "
        + "● all of the service passes, ◐ a part of it does, · nothing does.")
    if matrix.tables.isEmpty { html.element("p", text: "No service passes.") }
    for table in matrix.tables { write(table, &html) }
  }

  private func write(_ table: ServiceMatrix.Table, _ html: inout HTMLWriter) {
    let end = table.path == .outbound ? "to" : "from"
    html.element("table", ["class": "stacks"]) { html in
      html.element("caption", text: table.title)
      html.element("thead") { html in
        html.element("tr") { html in
          html.element("th", ["scope": "col"], text: "service")
          for column in table.columns {
            html.element("th", ["scope": "col"], text: "\(end) \(column.name)")
          }
        }
      }
      html.element("tbody") { html in
        for row in table.rows {
          html.element("tr") { html in
            html.element("th", ["scope": "row"], text: row.name)
            for (column, cell) in zip(table.columns, row.cells) {
              html.element(
                "td", ["class": cell.rawValue, "data-label": "\(end) \(column.name)"],
                text: cell.words)
            }
          }
        }
      }
    }
    html.element("details") { html in
      html.element("summary", text: "\(table.title), in words")
      for column in table.columns where !column.parts.isEmpty {
        html.element("h3", text: "\(end) \(column.name)")
        html.element("ul") { html in
          for part in column.parts { write(part, &html) }
        }
      }
    }
  }

  func write(_ part: QueryAnswer.Part, _ html: inout HTMLWriter) {
    html.element("li") { html in
      let decision = part.decision
      html.writeWords(decision.deciderWords)
      if let span = decision.decider?.span { html.write(" (\(citation(of: span)))") }
      if let pass = decision.gatePass {
        html.write(", past the gate by \(pass.words) (\(citation(of: pass.span)))")
      }
      // A default decides whatever is left, which the rules tell better than its regions.
      if decision.step == .sectionDefault || decision.step == .notGoverned { return }
      html.element("ul") { html in
        for region in part.regions {
          var words = "\(region.service) from \(region.from) to \(region.to)"
          if !region.conditions.isEmpty {
            words += " (\(region.conditions.joined(separator: ", ")))"
          }
          html.element("li", text: words)
        }
        if part.hasMoreRegions { html.element("li", text: "and more") }
      }
    }
  }
}

extension ServiceMatrix.Table {
  fileprivate var title: String {
    switch path {
    case .inbound: "To this machine"
    case .forward:
      "Through it, to "
        + zones.map { $0 ?? "interfaces of no zone" }.joined(separator: ", ")
    case .outbound: "From this machine"
    }
  }
}

extension ServiceMatrix.Column {
  fileprivate var name: String { zone ?? "no zone" }
}

extension ServiceMatrix.Row {
  fileprivate var name: String {
    ServiceMatrix.Service(name: service, isPublished: isPublished).words
  }
}

extension ServiceMatrix.Service {
  var words: String { (name ?? "everything else") + (isPublished ? " (published)" : "") }
}

extension ServiceMatrix.Reach {
  fileprivate var words: String {
    switch self {
    case .everything: "● all"
    case .part: "◐ part"
    case .nothing: "· none"
    }
  }
}
