import Diagnostics

extension SourcePresentation {
  /// So many routers are named where something is said of many.
  package static let namedRouters = 8

  /// Adds what there is to say of a policy for many routers: what is the same for several of them is
  /// said once, with their names.
  ///
  /// `talks` are in the order of the routers' names. A file that several have read is one file here.
  package mutating func add(_ talks: [RouterTalk], rootPrefix: String?) {
    var files: [String: SourceFileID] = [:]
    var routers: [Diagnostic: [String]] = [:]
    var order: [Diagnostic] = []
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
        if routers[diagnostic] == nil { order.append(diagnostic) }
        routers[diagnostic, default: []].append(talk.router)
      }
      for waived in talk.waived {
        let waived = talk.sources.written(waived).mapping {
          $0.inFile(places[Int($0.file.index)])
        }
        if isKnown.insert(waived).inserted { silenced.append(waived) }
      }
    }
    add(
      order.map { diagnostic in
        var diagnostic = diagnostic
        let names = routers[diagnostic] ?? []
        diagnostic.notes.append(Self.routersNote(names, of: talks.count))
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
