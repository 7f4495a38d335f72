import Compiler
import Foundation
import Kernel
import Lowering
import TestSupport
import Testing

/// The kernel holds the same ruleset whichever way it came: text, JSON or netlink.
@Suite struct IdentityTests {
  @Test(arguments: PolicyCase.all)
  func netlinkAndTextListAlike(_ policyCase: PolicyCase) throws {
    let compiled = try CompiledPolicy(policyCase)
    let text = try NetworkNamespace()
    try text.run(["nft", "-f", "-"], input: compiled.product(.nft))
    let netlink = try NetworkNamespace()
    _ = try netlink.enter {
      try KernelTransaction().replace(table: compiled.lowered.table, transport: NetlinkSocket())
    }
    for arguments in [["list", "ruleset"], ["-j", "list", "ruleset"]] {
      let expected = try Self.listing(arguments, in: text)
      let listed = try Self.listing(arguments, in: netlink)
      #expect(listed == expected, "\(Self.firstDifference(expected, listed))")
    }
  }

  /// What the kernel runs, and not only what nft makes of it.
  @Test(arguments: PolicyCase.all)
  func netlinkAndTextAreTheSameBytecode(_ policyCase: PolicyCase) throws {
    let compiled = try CompiledPolicy(policyCase)
    let text = try NetworkNamespace()
    try text.run(["nft", "-f", "-"], input: compiled.product(.nft))
    let netlink = try NetworkNamespace()
    _ = try netlink.enter {
      try KernelTransaction().replace(table: compiled.lowered.table, transport: NetlinkSocket())
    }
    let arguments = ["--debug=netlink", "list", "ruleset"]
    let expected = Self.withSortedElements(try Self.listing(arguments, in: text))
    let listed = Self.withSortedElements(try Self.listing(arguments, in: netlink))
    #expect(listed == expected, "\(Self.firstDifference(expected, listed))")
  }

  /// nft 1.0.6 reads no comments of tables, chains, sets and maps from JSON.
  @Test(arguments: PolicyCase.all)
  func jsonListsLikeText(_ policyCase: PolicyCase) throws {
    let compiled = try CompiledPolicy(policyCase)
    let text = try NetworkNamespace()
    try text.run(["nft", "-f", "-"], input: compiled.product(.nft))
    let json = try NetworkNamespace()
    try json.run(["nft", "-j", "-f", "-"], input: compiled.product(.json))
    let arguments = ["list", "ruleset"]
    let expected = Self.withoutDeclarationComments(try Self.listing(arguments, in: text))
    let listed = Self.withoutDeclarationComments(try Self.listing(arguments, in: json))
    #expect(listed == expected, "\(Self.firstDifference(expected, listed))")
  }

  /// Loading a form again replaces the table by one just like it.
  @Test(arguments: PolicyCase.all)
  func everyFormReplacesItself(_ policyCase: PolicyCase) throws {
    let compiled = try CompiledPolicy(policyCase)
    let namespace = try NetworkNamespace()
    func listed() throws -> String { try Self.listing(["list", "ruleset"], in: namespace) }
    try namespace.run(["nft", "-f", "-"], input: compiled.product(.nft))
    let first = try listed()
    try namespace.run(["nft", "-f", "-"], input: compiled.product(.nft))
    #expect(try listed() == first)
    _ = try namespace.enter {
      try KernelTransaction().replace(table: compiled.lowered.table, transport: NetlinkSocket())
    }
    #expect(try listed() == first)
    try namespace.run(["nft", "-j", "-f", "-"], input: compiled.product(.json))
    #expect(
      try Self.withoutDeclarationComments(listed()) == Self.withoutDeclarationComments(first))
  }

  /// A listing without what names nft and its version.
  private static func listing(_ arguments: [String], in namespace: NetworkNamespace) throws
    -> String
  {
    try namespace.run(["nft"] + arguments)
      .replacing(/\{"metainfo": \{[^}]*\}\}/, with: "{\"metainfo\": {}}")
  }

  /// A listing without the lines that hold nothing but a comment: those of declarations.
  private static func withoutDeclarationComments(_ listing: String) -> String {
    listing.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.drop { $0 == "\t" }.hasPrefix("comment ") }
      .joined(separator: "\n")
  }

  /// Bytecode with the elements of each set in one order: the kernel hashes them with a seed of its
  /// own.
  private static func withSortedElements(_ listing: String) -> String {
    var lines: [Substring] = []
    var elements: [Substring] = []
    for line in listing.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("\telement ") {
        elements.append(line)
      } else {
        lines += elements.sorted() + [line]
        elements = []
      }
    }
    return (lines + elements.sorted()).joined(separator: "\n")
  }

  private static func firstDifference(_ expected: String, _ listed: String) -> String {
    let before = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let after = listed.split(separator: "\n", omittingEmptySubsequences: false)
    for index in 0..<max(before.count, after.count) {
      let was = index < before.count ? String(before[index]) : "(the end)"
      let now = index < after.count ? String(after[index]) : "(the end)"
      if was != now { return "line \(index + 1)\n- \(was)\n+ \(now)" }
    }
    return "no line differs"
  }
}
