import Diagnostics
import PolicyAnalysis
import PolicyLanguage

extension PolicyReport {
  /// What passes between zones that are too many for columns of a table.
  func writeLists(_ html: inout HTMLWriter) {
    html.element(
      "p", ["class": "soft"],
      text: "New connections that can arrive, with room in every limit: "
        + "● all of the service passes, ◐ a part of it does. What is not listed does not pass. "
        + "Anywhere is every zone, and interfaces of no zone.")
    for list in matrix.lists { write(list, &html) }
  }

  private func write(_ list: ServiceMatrix.List, _ html: inout HTMLWriter) {
    let heads: [String] =
      switch list.path {
      case .inbound: ["from"]
      case .forward: ["to", "from"]
      case .outbound: ["to"]
      }
    html.element("table", ["class": "stacks"]) { html in
      html.element("caption", text: list.title)
      header(heads + ["● all of", "◐ a part of"], &html)
      html.element("tbody") { html in
        for entry in list.entries {
          html.element("tr") { html in
            let ends = list.path == .inbound ? entry.from : entry.to
            html.element(
              "th", ["scope": "row", "data-label": heads[0]], text: list.words(for: ends))
            if list.path == .forward { cell("from", list.words(for: entry.from), &html) }
            write(entry.whole, "● all of", "everything", &html)
            write(entry.partial, "◐ a part of", "part", &html)
          }
        }
      }
    }
    html.element("details") { html in
      html.element("summary", text: "\(list.title), in words")
      html.element("ul") { html in
        for part in list.parts { write(part, &html) }
      }
    }
  }

  private func write(
    _ services: [ServiceMatrix.Service], _ label: String, _ style: String,
    _ html: inout HTMLWriter
  ) {
    html.element(
      "td", ["class": services.isEmpty ? "nothing" : style, "data-label": label],
      text: services.isEmpty ? "–" : services.map(\.words).joined(separator: ", "))
  }
}

extension ServiceMatrix.List {
  fileprivate var title: String {
    switch path {
    case .inbound: "To this machine"
    case .forward: "Through this machine"
    case .outbound: "From this machine"
    }
  }

  /// Some ends by their names, or by those of the few that are not among them.
  fileprivate func words(for some: [String?]) -> String {
    let others = ends.filter { !some.contains($0) }
    if others.isEmpty { return "anywhere" }
    func names(_ ends: [String?]) -> String {
      ends.map { $0 ?? "interfaces of no zone" }.joined(separator: ", ")
    }
    return others.count <= Self.mostExceptions && others.count < some.count
      ? "anywhere but \(names(others))" : names(some)
  }

  private static let mostExceptions = 3
}
