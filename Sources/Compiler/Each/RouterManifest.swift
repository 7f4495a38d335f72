import Diagnostics

/// The list of what a run has written for many routers, with digests: version 1.
///
/// `{ version, program, policy, format, proven, routers: [{ name, values, policyName, output, inputs,
/// sha256 }] }`, routers by name. `output` is relative to the manifest's folder where it lies below
/// it. No clock, no host name: the same inputs give the same bytes.
package struct RouterManifest: Sendable {
  package struct Entry: Sendable {
    package var name: String
    package var values: String
    package var policyName: String
    package var output: String
    package var inputs: String
    package var sha256: String
  }

  package var policy: String
  package var format: OutputFormat
  package var isProven: Bool
  package var entries: [Entry]

  package init(
    policy: String, format: OutputFormat, isProven: Bool, of compilations: [RouterCompilation],
    outputs: RouterOutputs
  ) {
    self.policy = policy
    self.format = format
    self.isProven = isProven
    entries = compilations.compactMap { compilation in
      guard let product = compilation.product, let name = compilation.policyName else { return nil }
      var hash = SHA256()
      hash.update(product)
      return Entry(
        name: compilation.router.name, values: compilation.router.path, policyName: name,
        output: outputs.fromManifest(outputs.path(of: compilation.router.name)),
        inputs: compilation.inputs, sha256: hash.finalizedHexadecimal())
    }
  }

  package var bytes: [UInt8] {
    let text = JSONText.object([
      "version": .number(1), "program": .string("fwpolicy \(programVersion)"),
      "policy": .string(policy), "format": .string(format.rawValue), "proven": .bool(isProven),
      "routers": .array(
        entries.map {
          .object([
            "name": .string($0.name), "values": .string($0.values),
            "policyName": .string($0.policyName), "output": .string($0.output),
            "inputs": .string($0.inputs), "sha256": .string($0.sha256),
          ])
        }),
    ]).text
    return Array(text.utf8)
  }
}

/// Where a run for many routers writes: a path with `{name}` in it, and the manifest.
package struct RouterOutputs: Sendable {
  package static let placeholder = "{name}"
  package let pattern: String
  package let manifest: String

  /// - Parameter manifest: nil for `manifest.json` in the folder that holds all outputs.
  /// - Returns: nil for a pattern without `{name}`.
  package init?(pattern: String, manifest: String? = nil) {
    guard let place = Self.range(in: pattern) else { return nil }
    self.pattern = pattern
    let fixed = pattern[..<place.lowerBound]
    let folder = fixed.lastIndex(of: "/").map { String(fixed[...$0]) } ?? ""
    self.manifest = manifest ?? folder + "manifest.json"
  }

  package func path(of router: String) -> String {
    var result = pattern
    while let place = Self.range(in: result) { result.replaceSubrange(place, with: router) }
    return result
  }

  func fromManifest(_ path: String) -> String {
    guard let slash = manifest.lastIndex(of: "/") else { return path }
    let folder = manifest[...slash]
    return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
  }

  /// Where the first `{name}` stands.
  private static func range(in text: String) -> Range<String.Index>? {
    var start = text.startIndex
    while let brace = text[start...].firstIndex(of: "{") {
      if text[brace...].hasPrefix(placeholder) {
        return brace..<text.index(brace, offsetBy: placeholder.count)
      }
      start = text.index(after: brace)
    }
    return nil
  }
}
