import Diagnostics

extension SourcePresentation {
  /// So many routers are named where something is said of many.
  package static let namedRouters = 8

  /// Adds what there is to say of a policy for many routers: what is the same for several of them is
  /// said once, with their names.
  ///
  /// An example need not be the same: each router has its own addresses.
  ///
  /// `talks` are in the order of the routers' names. A file that several have read is one file here.
  package mutating func add(_ talks: [RouterTalk], rootPrefix: String?) {
    var files: [String: SourceFileID] = [:]
    var groups: [Diagnostic: Int] = [:]
    var order: [(first: Diagnostic, routers: [String], examplesDiffer: Bool)] = []
    var silenced: [WaivedDiagnostic] = []
    var isKnown: Set<WaivedDiagnostic> = []
    for talk in talks {
      let places = talk.sources.files.map { file in
        let name = Self.name(of: file, rootPrefix: rootPrefix)
        if let known = files[name] { return known }
        let id = add(SourceFile(name: name, sharing: file))
        files[name] = id
        return id
      }
      for found in talk.sources.foldingInstances(talk.diagnostics).inReportOrder() {
        let diagnostic = found.mapping { $0.inFile(places[Int($0.file.index)]) }
        let key = diagnostic.withoutExamples
        if let group = groups[key] {
          order[group].routers.append(talk.router)
          if order[group].first != diagnostic { order[group].examplesDiffer = true }
        } else {
          groups[key] = order.count
          order.append((diagnostic, [talk.router], false))
        }
      }
      for waived in talk.waived {
        let waived = talk.sources.written(waived).mapping {
          $0.inFile(places[Int($0.file.index)])
        }
        if isKnown.insert(waived).inserted { silenced.append(waived) }
      }
    }
    add(
      order.map { group in
        var diagnostic = group.first
        diagnostic.notes.append(
          Self.routersNote(group.routers, of: talks.count)
            + (group.examplesDiffer ? "; the example is that of `\(group.routers[0])`" : ""))
        return diagnostic
      }.inReportOrder(), waived: silenced)
  }

  private static func routersNote(_ names: [String], of count: Int) -> String {
    if names.count == count, count > 1 { return "for all \(count) routers" }
    return "for \(routerList(names))"
  }

  /// `yvr1`; `yvr1, yvr2`; `yvr1, …, yvr8 and 4 more`.
  package static func routerList(_ names: [String]) -> String {
    let more = names.count - namedRouters
    return names.prefix(namedRouters).map { "`\($0)`" }.joined(separator: ", ")
      + (more > 0 ? " and \(more) more" : "")
  }
}
