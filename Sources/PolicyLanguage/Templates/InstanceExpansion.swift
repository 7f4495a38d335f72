import Diagnostics

/// Makes every instance of a policy's templates, one at a time, and decodes it.
///
/// Time and memory are linear in what the instances hold, which is bounded before the first is made;
/// no tree outlives its decoding.
struct InstanceExpansion {
  /// What all instances of a policy hold at most, as `TemplateWeight` counts it.
  static let maximumWeight = 8_000_000

  let templates: TemplateTable
  private var weight = 0
  private var groups = 0
  private(set) var diagnostics: [Diagnostic] = []
  /// The files of rows that were read, by display name.
  private(set) var files: [String: SourceFileID] = [:]

  init(_ templates: TemplateTable) { self.templates = templates }

  /// Hands on the content of each instance, in the order of the rows.
  mutating func expand(
    _ declaration: InstancesDeclaration, sources: inout SourceMap, provider: some SourceProvider,
    context: inout DecodingContext, _ content: (FileContent) -> Void
  ) {
    guard let template = template(declaration) else { return }
    var reading = RowReading(declaration, of: template)
    let reported = diagnostics.count + context.diagnostics.count
    switch declaration.rows {
    case .inline(let items):
      reading.take(items, context: &context)
    case .file(let file):
      guard isKnown(file.columns.map(\.parameter), to: template) else { return }
      guard let id = read(file, sources: &sources, provider: provider) else { return }
      switch file.format {
      case .csv(let delimiter, let comment):
        reading.takeCSV(id, sources[id], delimiter: delimiter, comment: comment)
      case .json: reading.takeJSON(id, sources[id])
      case .yaml:
        guard let items = items(of: id, sources) else { return }
        reading.take(items, context: &context)
      }
    }
    reading.finish()
    diagnostics += reading.diagnostics
    guard diagnostics.count + context.diagnostics.count == reported,
      isLargeEnough(reading, declaration), !template.isBroken,
      namesDiffer(reading, template)
    else { return }
    make(reading.rows, of: template, declaration, sources: &sources, context: &context, content)
  }

  private mutating func make(
    _ rows: [InstanceRow], of template: TemplateDeclaration, _ declaration: InstancesDeclaration,
    sources: inout SourceMap, context: inout DecodingContext, _ content: (FileContent) -> Void
  ) {
    groups += 1
    for row in rows {
      weight += template.weight.ofInstance(row.values)
      guard weight <= Self.maximumWeight else {
        diagnostics.append(
          Diagnostic(
            .expansionTooLarge, .error,
            "instances make at most \(Self.maximumWeight) values of a policy",
            at: declaration.span, secondary: [.init(row.span, "this row is one too many")],
            help: [.init("put long lists into `networks` of their own, by file")]))
        return
      }
    }
    let parameters = template.parameters.map(\.value)
    for row in rows {
      let file = sources.add(
        SourceInstance(file: template.name.span.file, row: row.span, group: groups))
      var instance = TemplateInstantiation(parameters, row.values, in: file)
      let node = instance.make(template.body)
      diagnostics += instance.diagnostics
      content(context.instance(node))
    }
  }

  private mutating func template(_ declaration: InstancesDeclaration) -> TemplateDeclaration? {
    let name = declaration.template
    if let found = templates[name.value] { return found }
    let near = NearestName.find(name.value, among: templates.names)
    let place = name.definition ?? name.span
    diagnostics.append(
      Diagnostic(
        .unknownTemplate, .error, "no template is called `\(name.value)`", at: name.span,
        secondary: name.definition.map { [.init($0, "the value is written here")] } ?? [],
        help: [
          near.map { .init("did you mean `\($0)`?", replacing: place, with: $0) }
            ?? .init("declare `\(name.value)` under `templates`, here or in an included file")
        ]))
    return nil
  }

  /// Whether every key of `columns` is a parameter.
  private mutating func isKnown(_ names: [Located<String>], to template: TemplateDeclaration)
    -> Bool
  {
    let parameters = template.parameters.map(\.value)
    let unknown = names.filter { !parameters.contains($0.value) }
    for name in unknown {
      let near = NearestName.find(name.value, among: parameters)
      let list = parameters.map { "`\($0)`" }.joined(separator: ", ")
      diagnostics.append(
        Diagnostic(
          .templateParameter, .error,
          "the template `\(template.name.value)` has no parameter `\(name.value)`", at: name.span,
          help: [
            near.map { .init("did you mean `\($0)`?", replacing: name.span, with: $0) }
              ?? .init("its parameters are \(list)")
          ]))
    }
    return unknown.isEmpty
  }

  /// Whether every name that the template gives has a parameter in it, where there are several rows.
  private mutating func namesDiffer(
    _ reading: RowReading, _ template: TemplateDeclaration
  ) -> Bool {
    guard reading.rows.count > 1 else { return true }
    let parameter = template.parameters.first?.value ?? "name"
    for name in template.fixedNames {
      let named = quoted("${\(parameter)}-\(name.value)")
      diagnostics.append(
        Diagnostic(
          .sameName, .error,
          "a name in a template has a parameter in it: `\(name.value)` would be given "
            + "\(reading.rows.count) times", at: name.span,
          secondary: [.init(reading.declaration.rowsSpan, "\(reading.rows.count) rows")],
          help: [
            .init(
              "write `\(named)`, or move it out of the template if all share it",
              replacing: name.span, with: named)
          ]))
    }
    return template.fixedNames.isEmpty
  }

  // MARK: Files

  private mutating func read(
    _ file: RowFile, sources: inout SourceMap, provider: some SourceProvider
  ) -> SourceFileID? {
    let path = file.path
    // A path is relative to the file in which its author wrote it.
    let home = sources[(path.definition ?? path.span).file].home
    do throws(SourceError) {
      let source = try provider.read(path.value, from: home)
      if let known = files[source.name] { return known }
      let id = sources.add(source.file)
      files[source.name] = id
      return id
    } catch {
      diagnostics.append(
        Diagnostic(
          .unreadableList, .error, "`\(path.value)` cannot be read: \(error.reason)",
          at: path.span, help: error.help))
      return nil
    }
  }

  /// The rows of a YAML file: a list of maps.
  private mutating func items(of file: SourceFileID, _ sources: SourceMap) -> [SyntaxNode]? {
    let parsed = SyntaxParser.parse(sources[file], id: file)
    for var diagnostic in parsed.diagnostics {
      // What a policy is told does not help a file of rows.
      if diagnostic.code == .fileTooLarge {
        diagnostic.message = "a YAML file of rows has at most 16 MiB"
        diagnostic.help = [.init("write it as CSV or JSON, which have no limit")]
      }
      diagnostics.append(diagnostic)
    }
    guard let node = parsed.value, parsed.diagnostics.isEmpty else { return nil }
    guard case .sequence(let items) = node.content else {
      diagnostics.append(
        Diagnostic(
          .wrongType, .error, "a file of rows is a list of maps", at: node.span,
          help: [.init("write `- { name: acme, prefix: 198.51.100.16/28 }` for each row")]))
      return nil
    }
    return items
  }

  /// Whether there are rows enough: an export that broke must not open or shut a network.
  private mutating func isLargeEnough(
    _ reading: RowReading, _ declaration: InstancesDeclaration
  ) -> Bool {
    let count = reading.rows.count
    if let atLeast = declaration.atLeast, count < atLeast.value {
      diagnostics.append(
        Diagnostic(
          .emptyInstances, .error,
          "the template is made for at least \(atLeast.value) rows, and only \(count) "
            + "\(count == 1 ? "was" : "were") found", at: declaration.rowsSpan,
          secondary: [.init(atLeast.span, "the least that is accepted")],
          help: [.init("restore the rows, or lower `at-least`")]))
      return false
    }
    if count > 0 || declaration.mayBeEmpty?.value == true { return true }
    guard reading.seen > 0, let first = declaration.conditions.first else {
      diagnostics.append(
        Diagnostic(
          .emptyInstances, .error, "a template is made for at least one row: there is none",
          at: declaration.rowsSpan,
          help: [.init("restore the rows, or add `empty: true` if none are intended")]))
      return false
    }
    diagnostics.append(
      Diagnostic(
        .emptyInstances, .error,
        "a template is made for at least one row: this `where` selects none of \(reading.seen)",
        at: first.column.span, secondary: [.init(declaration.rowsSpan, "the rows are here")],
        help: [
          .init("compare the values with the column, capitals included, or add `empty: true`")
        ]))
    return false
  }
}
