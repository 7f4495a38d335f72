import Foundation
import NetworkTypes
import Nftables
import TestSupport
import Testing

/// The real nft, in a namespace of its own for each test.
struct NftLoadTests {
  private func list(_ namespace: NetworkNamespace) throws -> String {
    try namespace.run(["nft", "list", "ruleset"])
  }

  private func load(_ bytes: [UInt8], _ options: [String] = []) throws -> String {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["nft"] + options + ["-f", "-"], input: String(decoding: bytes, as: UTF8.self))
    return try list(namespace)
  }

  /// Without the comments that nft 1.0.6 drops from JSON: those of tables, chains, sets and maps
  /// stand on a line of their own, which those of objects do too.
  private func withoutComments(_ listing: String) -> String {
    listing.split(separator: "\n").filter { !$0.drop { $0 == "\t" }.hasPrefix("comment ") }
      .joined(separator: "\n")
  }

  @Test func sampleIsValid() {
    #expect(validate(Sample.table).isEmpty)
  }

  @Test func checksWithoutLoading() throws {
    let namespace = try NetworkNamespace()
    let text = String(decoding: emitText(Sample.table, header: ["x"]), as: UTF8.self)
    try namespace.run(["nft", "-c", "-f", "-"], input: text)
    #expect(try list(namespace).isEmpty)
  }

  @Test func loadsTwiceAsText() throws {
    let namespace = try NetworkNamespace()
    let text = String(decoding: emitText(Sample.table), as: UTF8.self)
    try namespace.run(["nft", "-f", "-"], input: text)
    let first = try list(namespace)
    try namespace.run(["nft", "-f", "-"], input: text)
    #expect(try list(namespace) == first)
    #expect(first.contains("comment \"fwpolicy mx1 v1 sha256:0000\""))
  }

  @Test func listsTheSameFromTextAndJSON() throws {
    let text = withoutComments(try load(emitText(Sample.table)))
    let json = withoutComments(try load(emitJSON(Sample.table), ["-j"]))
    #expect(json.count > 1000)
    let ours = text.split(separator: "\n")
    let theirs = json.split(separator: "\n")
    for (a, b) in zip(ours, theirs) where a != b {
      Issue.record("text: \(a) json: \(b)")
      break
    }
    #expect(ours.count == theirs.count)
  }

  @Test func writesJSONThatParses() throws {
    let value = try JSONSerialization.jsonObject(with: Data(emitJSON(Sample.table)))
    #expect((value as? [String: Any])?["nftables"] is [Any])
  }

  @Test func hostileTextStaysInItsPlace() throws {
    let hostile = "\" }\n}\ntable inet evil { }\n#\\\" $x ${y} \u{2028} *"
    var table = Table(name: "t", comment: hostile, origin: Sample.origin)
    table.objects = [Object(name: "n", kind: .counter, comment: hostile, origin: Sample.origin)]
    table.sets = [
      NamedSet(
        name: "s", kind: .set, key: [.inetService], elements: .none, comment: hostile,
        origin: Sample.origin)
    ]
    table.chains = [
      Chain(
        name: "c-1", comment: hostile,
        rules: [
          Rule([.log(prefix: hostile, group: nil)], comment: hostile, origin: Sample.origin),
          Rule(
            [
              .compareInterface(
                .inputInterface, isNegated: false, name: "\"\n}x", isWildcard: false)
            ], origin: Sample.origin),
        ], origin: Sample.origin)
    ]
    for listing in [try load(emitText(table)), try load(emitJSON(table), ["-j"])] {
      #expect(!listing.contains("table inet evil {\n"))
      #expect(listing.split(separator: "\n").filter { $0.hasPrefix("table") } == ["table inet t {"])
    }
  }

  @Test func hostileNamesCannotLeaveTheirPlace() throws {
    let table = Table(
      name: "x {\n}\ntable inet evil", chains: [Chain(name: "9; \"", origin: Sample.origin)],
      origin: Sample.origin)
    #expect(!validate(table).isEmpty)
    let listing = try load(emitText(table))
    #expect(listing.split(separator: "\n").filter { $0.hasPrefix("table") }.count == 1)
  }

  @Test func sixteenNestedChainsLoadAndAreTheMost() throws {
    func nested(_ count: Int) -> Table {
      Table(
        name: "t",
        chains: (0..<count).map { index in
          Chain(
            name: "fw-\(index)",
            base: index == 0 ? BaseChain(hook: .input, priority: 0, policy: .accept) : nil,
            rules: index + 1 < count ? [Sample.rule(.verdict(.jump("fw-\(index + 1)")))] : [],
            origin: Sample.origin)
        }, origin: Sample.origin)
    }
    #expect(validate(nested(16)).isEmpty)
    #expect(try load(emitText(nested(16))).contains("fw-15"))
    #expect(validate(nested(17)).map(\.kind) == [.nestingTooDeep(17)])
    #expect(throws: (any Error).self) { try load(emitText(nested(17))) }
  }
}
