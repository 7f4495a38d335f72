import TestSupport
import Testing

/// From which folder a path starts that comes from a file of values.
@Suite struct ValuesPathsTests {
  private let folder: TemporaryFolder
  private static let policy = """
    fwpolicy: 1
    name: edge
    role: router
    variables: { spare: lists }
    zones:
      internet: { kind: outside, interfaces: [eth0] }
      clients: { kind: clients, interfaces: ["bng*"] }
    inbound: [{ allow: ssh, from: 192.0.2.1 }]
    forward: [{ allow: https, from: pool, to: internet }]

    """

  /// A policy in `v`, its values in `v/pops`, and what a path leads to from either.
  init() throws {
    folder = try TemporaryFolder()
    for (place, address) in [("v/pops", "198.51.100.7"), ("v", "203.0.113.7")] {
      try folder.write("\(address)\n", to: "\(place)/lists/it's.txt")
      try folder.write("prefix,name,smtp\n\(address),a,blocked\n", to: "\(place)/lists/it's.csv")
    }
  }

  /// - Parameter path: what the values say, `EXT` standing for the file's ending.
  private func compiled(_ policy: String, _ values: String, to ending: String) throws -> String {
    try folder.write(Self.policy + policy, to: "v/edge.yaml")
    try folder.write(values.replacing("EXT", with: ending) + "\n", to: "v/pops/c.yaml")
    let outcome = try ProgramRun.fwpolicy(
      ["compile", "v/edge.yaml", "--values", "v/pops/c.yaml"], in: folder)
    #expect(outcome.status == 0, "\(outcome.talk)")
    return outcome.output
  }

  /// Where a path can stand.
  static let places: [(policy: String, ending: String)] = [
    ("networks: { pool: { file: \"${list}\" } }\n", "txt"),
    ("networks: { pool: { csv: \"${list}\", column: prefix } }\n", "csv"),
    (
      """
      networks: { pool: [192.0.2.9] }
      smtp-egress: { clients: clients, subnets: "${list}", count: per-subnet }

      """, "csv"
    ),
    (
      """
      templates:
        t: { parameters: [name, prefix], networks: { "${name}": ["${prefix}"] } }
      instances: [{ template: t, for-each: { file: "${list}" } }]
      networks: { pool: [a] }

      """, "csv"
    ),
    (
      """
      templates:
        t: { parameters: [name, path], networks: { "${name}": { csv: "${path}", column: prefix } } }
      instances: [{ template: t, for-each: "${rows}" }]

      """, "csv"
    ),
  ]

  /// A text that stands there as it is, and the ways to write it that do not.
  @Test(arguments: [
    "list: lists/it's.EXT", "{\"list\":\"lists\\/it's.EXT\"}", "list: \"lists\\x2fit's.EXT\"",
    "list: 'lists/it''s.EXT'", "list: >-\n  lists/it's.EXT",
    "folder: lists\nlist: \"${folder}/it's.EXT\"", "list: \"${spare}/it's.EXT\"",
    "first: \"lists\\/it's.EXT\"\nlist: \"${first}\"",
  ])
  func aPathStartsAtTheFileThatGivesIt(_ values: String) throws {
    for (policy, ending) in Self.places {
      let rows = "\"rows\": [{ \"name\": \"pool\", \"path\": \"${list}\" }]"
      let text = try compiled(
        policy, values.hasPrefix("{") ? "\(values.dropLast()), \(rows)}" : "\(values)\n\(rows)",
        to: ending)
      #expect(text.contains("198.51.100.7"), "\(policy)\n\(values)")
      #expect(!text.contains("203.0.113.7"), "\(policy)\n\(values)")
    }
  }

  /// A path that the policy puts together is the policy's.
  @Test(arguments: ["\"${folder}/it's.EXT\"", "\"${folder}${rest}\"", "\"${none}${list}\""])
  func aPathThatIsPutTogetherStartsAtThePolicy(_ path: String) throws {
    let values = "none: ''\nfolder: lists\nrest: \"/it's.EXT\"\nlist: \"lists/it's.EXT\""
    for (policy, ending) in Self.places.dropLast() {
      let path = path.replacing("EXT", with: ending)
      let text = try compiled(policy.replacing("\"${list}\"", with: path), values, to: ending)
      #expect(text.contains("203.0.113.7"), "\(policy)\n\(path)")
      #expect(!text.contains("198.51.100.7"), "\(policy)\n\(path)")
    }
  }
}
