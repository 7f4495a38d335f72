import Diagnostics
import Foundation
import Lowering
import Nftables
import PolicyAnalysis
import PolicyLanguage
import PolicyLibrary
import TestSupport

/// A policy text compiled: what it means, and the ruleset that must mean the same.
struct PolicyUnderTest {
  var policy: ResolvedPolicy
  var table: Table
  /// What the table's origins mean.
  var origins: [SourceSpan]
  /// The text that `nft -f` loads.
  var ruleset: String { String(decoding: emitText(table), as: UTF8.self) }

  /// A text that does not compile, with what the compiler said.
  struct Refused: Error, CustomStringConvertible {
    let description: String
  }

  init(_ text: String, files: [String: String] = [:]) throws {
    let provider = TextProvider(files: files.merging(["policy.yaml": text]) { _, new in new })
    let services = PolicyLibrary.text(at: "services.yaml").map {
      ProvidedSource(name: "std/services.yaml", bytes: $0)
    }
    var (parsed, sources) = parsePolicy(
      "policy.yaml", provider: provider, builtInServices: services)
    guard let written = parsed.value else { throw Self.refusal(parsed.diagnostics, sources) }
    let resolved = resolve(written, provider: provider, sources: &sources)
    guard let policy = resolved.value else { throw Self.refusal(resolved.diagnostics, sources) }
    let lowered = lower(policy, sources: sources, digest: String(repeating: "0", count: 64))
    guard let value = lowered.value else {
      throw Self.refusal(lowered.diagnostics, sources)
    }
    self.policy = policy
    table = value.table
    origins = value.origins
  }

  private static func refusal(_ diagnostics: [Diagnostic], _ sources: SourceMap) -> Refused {
    Refused(
      description: diagnostics.map { diagnostic in
        let place = diagnostic.primary.map { sources.citation(of: $0.span) + ": " } ?? ""
        return place + diagnostic.message
      }.joined(separator: "\n"))
  }
}

/// Files by name, and the built-in library.
private struct TextProvider: SourceProvider {
  let files: [String: String]

  func read(_ path: String, from name: String?) throws(SourceError) -> ProvidedSource {
    if path.hasPrefix("std/") {
      guard let bytes = PolicyLibrary.text(at: String(path.dropFirst(4))) else {
        throw .unknownStandardFile(similar: [])
      }
      return ProvidedSource(name: path, bytes: bytes)
    }
    guard let text = files[path] else { throw .notFound }
    return ProvidedSource(name: path, bytes: Array(text.utf8))
  }
}

/// What the policy means and what the kernel does with its ruleset, compared packet by packet.
struct KernelComparison {
  let disagreements: [Disagreement]
  /// How many packets met each step of the order of decision: a comparison that never reaches a
  /// step says nothing about it.
  let steps: [Decision.Step: Int]

  /// Sends `count` boundary packets (`FWPOLICY_PACKETS` if set) through the ruleset, seeded by
  /// `FWPOLICY_SEED`.
  init(_ subject: PolicyUnderTest, label: String, count: Int = 600) throws {
    let wiring = LabWiring(for: subject.policy)
    let lab = try PacketLab(wiring)
    try lab.load(subject.ruleset)
    var boundary = BoundaryPackets(
      for: subject.policy, wiring: wiring, generator: SeededGenerator(label: label))
    let packets = try lab.withReversePaths(
      boundary.packets(BoundaryPackets.count(else: count)))
    let meaning = PolicyMeaning(of: subject.policy)
    disagreements = try lab.disagreements(with: meaning, about: packets)
    steps = packets.reduce(into: [:]) { $0[meaning.decide($1).step, default: 0] += 1 }
  }

  /// The first few disagreements, for people.
  var report: String {
    "\(disagreements.count) disagreements\n"
      + disagreements.prefix(12).map(\.description).joined(separator: "\n")
  }
}
