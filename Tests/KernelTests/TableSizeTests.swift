import Lowering
import Nftables
import Testing

/// How long a table's rule list gets is a matter of the policy's rules, not of its lists.
@Suite struct TableSizeTests {
  private static func ruleCount(_ text: String, files: [String: String] = [:]) throws -> Int {
    try CompiledPolicy(text, files: files).lowered.table.chains.reduce(0) { $0 + $1.rules.count }
  }

  /// However many there are of something, there are as many rules.
  private static func expectOneSize(
    _ numbers: [Int], at place: SourceLocation = #_sourceLocation, _ rules: (Int) throws -> Int
  ) rethrows {
    let counts = try numbers.map(rules)
    #expect(Set(counts).count == 1, "\(counts)", sourceLocation: place)
  }

  /// Prefixes that do not merge, of both families.
  private static func prefixes(_ count: Int) -> String {
    (0..<count).map { index in
      index % 2 == 0
        ? "10.\(index / 128 % 256).\(index * 2 % 256).0/24\n"
        : "2001:db8:\(String(index * 2, radix: 16))::/48\n"
    }.joined()
  }

  static let shapes = [
    "inbound:\n  - { allow: ssh, from: clients }",
    "inbound:\n  - { deny: [smtp, imaps], from: { except: clients }, log: true }",
    "inbound:\n  - { allow: https, from: clients, limit: 10/minute per source }",
    "outbound:\n  - { reject: any, to: clients }\n  - { allow: dns }",
    "smtp-egress:\n  relays: clients",
  ]

  @Test(arguments: shapes)
  func theNumberOfPrefixesDoesNotChangeTheNumberOfRules(shape: String) throws {
    let text = """
      fwpolicy: 1
      name: size
      networks:
        clients: { file: clients.txt }
      \(shape)

      """
    // Two, so that both families are there from the start.
    try Self.expectOneSize([2, 100, 10_000]) {
      try Self.ruleCount(text, files: ["clients.txt": Self.prefixes($0)])
    }
  }

  /// One prefix is of one family, so its list is compared with lists of that family.
  @Test(arguments: shapes)
  func oneToManyPrefixesOfAFamilyTakeAsManyRules(shape: String) throws {
    let text = """
      fwpolicy: 1
      name: size
      networks:
        clients: { file: clients.txt }
      \(shape)

      """
    for family in [0, 1] {
      try Self.expectOneSize([1, 2, 3, 1_000]) { count in
        let lines = Self.prefixes(2 * count).split(separator: "\n").enumerated()
          .filter { $0.offset % 2 == family }.map { $0.element + "\n" }
        return try Self.ruleCount(text, files: ["clients.txt": lines.joined()])
      }
    }
  }

  @Test func theNumberOfClientsDoesNotChangeTheNumberOfRulesOfARouter() throws {
    let text = """
      fwpolicy: 1
      name: size
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: ["bng*"], networks: [residential] }
      networks:
        residential: { file: clients.txt }
      forward:
        - { allow: any, from: clients, to: internet }
        - { allow: ssh, from: residential }
      smtp-egress:
        clients: [clients, residential]
        relays: 192.0.2.25
        allow: [{ from: 203.0.113.16 }]

      """
    try Self.expectOneSize([2, 100, 10_000]) {
      try Self.ruleCount(text, files: ["clients.txt": Self.prefixes($0)])
    }
  }

  /// Nested prefixes, of which the outer and the inner end on days of their own.
  @Test func theNumberOfExceptedPrefixesDoesNotChangeTheNumberOfRules() throws {
    let text = """
      fwpolicy: 1
      name: size
      role: router
      zones:
        clients: { kind: clients, interfaces: ["bng*"] }
      networks:
        outer: { file: outer.txt }
        inner: { file: inner.txt }
      smtp-egress:
        clients: clients
        allow:
          - { from: outer, to: 192.0.2.1, expires: 2090-01-01 }
          - { from: inner, to: 192.0.2.2, expires: 2050-01-01 }
          - { from: { network: 10.0.0.0/8, except: 10.0.0.0/30 }, to: 192.0.2.3 }

      """
    func lists(_ count: Int) -> [String: String] {
      let outer = Self.prefixes(count)
      return [
        "outer.txt": outer,
        "inner.txt": outer.replacing("/24", with: "/26").replacing("/48", with: "/50"),
      ]
    }
    try Self.expectOneSize([2, 100, 10_000]) { try Self.ruleCount(text, files: lists($0)) }
  }

  /// Rows within rows, of every answer, some of which end.
  @Test func theNumberOfRowsDoesNotChangeTheNumberOfRules() throws {
    let text = """
      fwpolicy: 1
      name: size
      role: router
      zones:
        clients: { kind: clients, interfaces: ["bng*"] }
      smtp-egress:
        clients: clients
        relays: 192.0.2.25
        subnets: rows.csv
        count: per-subnet

      """
    func rows(_ count: Int) -> String {
      let answers = ["allowed", "blocked", "relays-only"]
      return "prefix,name,smtp,expires\n"
        + (0..<count).map { index in
          let block = "10.\(index / 64 % 256).\(index * 4 % 256).0"
          return "\(block)/24,a\(index),\(answers[index % 3]),\n"
            + "\(block)/26,b\(index),\(answers[(index + 1) % 3]),2090-01-01\n"
            + "2001:db8:\(String(index, radix: 16))::/48,c\(index),\(answers[index % 3]),\n"
        }.joined()
    }
    try Self.expectOneSize([12, 120, 12_000]) {
      try Self.ruleCount(text, files: ["rows.csv": rows($0)])
    }
  }

  /// Each instance has a rule of its own, and they melt into look-ups.
  @Test func theNumberOfInstancesDoesNotChangeTheNumberOfRules() throws {
    let text = """
      fwpolicy: 1
      name: size
      role: router
      zones:
        internet: { kind: outside, interfaces: [eth0] }
        clients: { kind: clients, interfaces: ["bng*"] }
      templates:
        customer:
          parameters: [name, prefix]
          networks: { "${name}": ["${prefix}"] }
          forward: [{ allow: [https, imaps], from: internet, to: "${name}" }]
      instances: [{ template: customer, for-each: rows.csv }]

      """
    try Self.expectOneSize([10, 100, 3_000]) { count in
      try Self.ruleCount(
        text,
        files: [
          "rows.csv": "name,prefix\n"
            + (0..<count).map { "c\($0),10.\($0 / 128).\($0 * 2 % 256).0/24\n" }.joined()
        ])
    }
  }

  @Test(arguments: ["allow", "deny", "reject"])
  func theNumberOfServicesDoesNotChangeTheNumberOfRules(verdict: String) throws {
    func text(_ count: Int) -> String {
      let services = (0..<count).map { "\($0 % 2 == 0 ? "tcp" : "udp")/\(1000 + 3 * $0)" }
      return """
        fwpolicy: 1
        name: size
        inbound:
          - { \(verdict): [\(services.joined(separator: ", "))], from: 192.0.2.0/24 }
          - { allow: ssh }

        """
    }
    #expect(try Self.ruleCount(text(60)) == Self.ruleCount(text(1)))
  }
}
