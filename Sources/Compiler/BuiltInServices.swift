import Diagnostics
package import PolicyLanguage

/// The services that every policy knows, in the order of the library.
package func builtInServices() -> [ServiceDeclaration] {
  let (parsed, _) = parsePolicy(
    "services", provider: EmptyPolicy(), builtInServices: FileSystemProvider.builtInServices)
  return parsed.value?.services.filter(\.isBuiltIn) ?? []
}

/// Provides a policy that says nothing.
private struct EmptyPolicy: SourceProvider {
  func read(_ path: String, from name: String?) throws(SourceError) -> ProvidedSource {
    ProvidedSource(name: path, bytes: Array("fwpolicy: 1\nname: services\n".utf8))
  }
}
