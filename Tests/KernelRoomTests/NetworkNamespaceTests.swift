import TestSupport
import Testing

@Suite struct NetworkNamespaceTests {
  @Test func aNamespaceStartsWithoutRules() throws {
    let namespace = try NetworkNamespace()
    #expect(try namespace.run(["nft", "list", "ruleset"]) == "")
  }

  @Test func whatIsDoneInsideIsSeenInside() throws {
    let namespace = try NetworkNamespace()
    try namespace.run(["nft", "-f", "-"], input: "table inet t { }")
    #expect(try namespace.run(["nft", "list", "ruleset"]).contains("table inet t"))
    let other = try NetworkNamespace()
    #expect(try other.run(["nft", "list", "ruleset"]) == "")
  }

  @Test func aFailingCommandThrowsWhatItSaid() throws {
    let namespace = try NetworkNamespace()
    #expect(throws: NetworkNamespace.Failure.self) {
      try namespace.run(["nft", "-f", "-"], input: "nonsense")
    }
    #expect(try namespace.attempt(["nft", "-f", "-"], input: "nonsense").status != 0)
  }
}
