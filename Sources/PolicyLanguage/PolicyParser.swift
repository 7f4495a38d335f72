package import Diagnostics

/// Reads a policy: its text, its includes, its variables, its types.
///
/// `path` is given to the provider as it is. Names are not looked up; `resolve` does that. The
/// source map holds every file read, with its bytes, in the order of reading: built-in services,
/// the root, includes, values files, one line for each `--set`, then the rows of instances. The policy
/// is nil after any error. A root that cannot be read gives one diagnostic, `unreadable-file` without a place. Time
/// and memory are linear in the text, and bounded where variables multiply it.
package func parsePolicy(
  _ path: String, provider: some SourceProvider, builtInServices: ProvidedSource? = nil,
  overrides: VariableOverrides = VariableOverrides()
) -> (Staged<Policy>, SourceMap) {
  var loader = FileLoader(provider: provider)
  let builtIn = builtInServices.flatMap { loader.parse($0) }
  loader.load(root: path)
  guard loader.files.last?.isRoot == true else {
    return (Staged(nil, loader.diagnostics.inReportOrder()), loader.sources)
  }

  let values = overrides.valuesFiles.compactMap { loader.parse($0) }
  let settings = overrides.settings.map { setting in
    let text = Array("\(setting.name)=\(setting.value)".utf8)
    let id = loader.sources.add(SourceFile(name: "--set", bytes: text))
    let middle = setting.name.utf8.count
    return (
      setting, SourceSpan(file: id, start: 0, end: middle),
      SourceSpan(file: id, start: middle + 1, end: text.count)
    )
  }

  var variables = VariableTable(sources: loader.sources)
  for file in loader.files {
    guard case .mapping(let pairs) = file.node.content else { continue }
    for pair in pairs where pair.name == "variables" { variables.declare(pair.value) }
  }
  for node in values { variables.override(node) }
  for (setting, name, value) in settings {
    variables.set(setting.name, setting.value, nameSpan: name, valueSpan: value)
  }
  variables.expandAll()

  var context = DecodingContext()
  var merger = PolicyMerger()
  var templates = TemplateTable()
  for file in loader.files {
    guard case .mapping(let pairs) = file.node.content else { continue }
    for pair in pairs where pair.name == "templates" {
      templates.declare(pair.value, variables: &variables, context: &context)
    }
  }
  var expansion = InstanceExpansion(templates)
  if let builtIn { merger.add(context.file(builtIn, .builtInServices), isRoot: false) }
  for file in loader.files {
    let node = replaceVariables(in: file.node, with: &variables)
    let content = context.file(node, file.isRoot ? .root : .included)
    for declaration in content.instances {
      expansion.expand(
        declaration, sources: &loader.sources, provider: provider, context: &context
      ) { merger.add($0, isRoot: false) }
    }
    merger.add(content, isRoot: file.isRoot)
  }
  merger.finish()
  variables.finish()

  let found =
    loader.diagnostics + variables.diagnostics + context.diagnostics + merger.diagnostics
    + expansion.diagnostics
  let diagnostics = loader.sources.foldingInstances(found).inReportOrder()
  let isSound = !diagnostics.contains { $0.severity == .error }
  var policy = isSound ? merger.policy() : nil
  policy?.unusedVariables = variables.unused
  policy?.inventoryFiles = expansion.files
  return (Staged(policy, diagnostics), loader.sources)
}

/// Replaces in every key but those that were read before there were variables.
private func replaceVariables(in node: SyntaxNode, with variables: inout VariableTable)
  -> SyntaxNode
{
  guard case .mapping(let pairs) = node.content else { return node }
  var result = node
  result.content = .mapping(
    pairs.map { pair in
      if ["variables", "include", "templates"].contains(pair.name) { return pair }
      return SyntaxPair(key: pair.key, value: variables.expand(pair.value))
    })
  return result
}
