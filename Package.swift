// swift-tools-version: 6.2
import PackageDescription

/// The one set of rules that every target of this package is built with.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A room of the house: its imports are the contract that docs/ARCHITECTURE.md describes.
func room(_ name: String, imports: [Target.Dependency] = [], plugins: [Target.PluginUsage] = [])
  -> Target
{
  .target(name: name, dependencies: imports, swiftSettings: strict, plugins: plugins)
}

/// The tests of a room.
///
/// Snapshots and corpora are read from the source tree, never bundled.
func tests(_ name: String, of imports: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: imports + ["TestSupport"], exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "fwpolicy",
  products: [.executable(name: "fwpolicy", targets: ["fwpolicy"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CNetfilter", pkgConfig: "libnftnl",
      providers: [.apt(["libmnl-dev", "libnftnl-dev"])]),
    room("Diagnostics"),
    room("NetworkTypes"),
    room("PolicyLibrary", plugins: ["EmbedPolicies"]),
    room(
      "PolicyLanguage",
      imports: ["Diagnostics", "NetworkTypes", .product(name: "Yams", package: "Yams")]),
    room("PacketSpace", imports: ["NetworkTypes"]),
    room(
      "PolicyAnalysis",
      imports: ["Diagnostics", "NetworkTypes", "PolicyLanguage", "PacketSpace"]),
    room("Nftables", imports: ["NetworkTypes", "PacketSpace"]),
    room("Lowering", imports: ["Diagnostics", "NetworkTypes", "PolicyLanguage", "Nftables"]),
    room("Kernel", imports: ["NetworkTypes", "Nftables", "CNetfilter"]),
    room(
      "Compiler",
      imports: [
        "Diagnostics", "NetworkTypes", "PacketSpace", "PolicyLibrary", "PolicyLanguage",
        "PolicyAnalysis", "Nftables", "Lowering",
      ]),
    room(
      "Evidence",
      imports: [
        "Diagnostics", "NetworkTypes", "PolicyLanguage", "PolicyAnalysis", "Nftables", "Lowering",
        "Compiler",
      ]),
    room(
      "Deployment",
      imports: [
        "Diagnostics", "NetworkTypes", "PacketSpace", "PolicyLanguage", "PolicyAnalysis",
        "Nftables", "Lowering", "Kernel", "Compiler", "Evidence",
      ]),
    .executableTarget(
      name: "fwpolicy",
      dependencies: [
        "Diagnostics", "NetworkTypes", "PolicyLibrary", "PolicyLanguage", "PolicyAnalysis",
        "Nftables", "Lowering",
        "Compiler", "Evidence", "Kernel", "Deployment",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(name: "embed-policies", swiftSettings: strict),
    .plugin(
      name: "EmbedPolicies", capability: .buildTool(), dependencies: ["embed-policies"]),

    .systemLibrary(name: "CLab", path: "Tests/CLab"),
    .target(
      name: "TestSupport",
      dependencies: [
        "CLab", "Diagnostics", "NetworkTypes", "Nftables", "PacketSpace", "PolicyLanguage",
        "PolicyAnalysis",
      ],
      path: "Tests/TestSupport", swiftSettings: strict),
    tests("DiagnosticsTests", of: ["Diagnostics"], exclude: ["Snapshots"]),
    tests("NetworkTypesTests", of: ["NetworkTypes"]),
    tests("PacketSpaceTests", of: ["PacketSpace", "NetworkTypes"]),
    tests(
      "PolicyLanguageTests", of: ["PolicyLanguage", "PolicyLibrary", "Diagnostics", "NetworkTypes"]),
    tests(
      "PolicyAnalysisTests",
      of: [
        "PolicyAnalysis", "PolicyLanguage", "PacketSpace", "Compiler", "NetworkTypes",
        "Diagnostics",
      ]),
    tests("NftablesTests", of: ["Kernel", "Nftables", "NetworkTypes", "PacketSpace"]),
    tests(
      "LoweringTests",
      of: [
        "Diagnostics", "Lowering", "Compiler", "PolicyLanguage", "Nftables", "NetworkTypes",
        "PacketSpace",
      ]),
    tests("KernelRoomTests", of: ["Kernel", "Nftables", "NetworkTypes"]),
    tests(
      "GoldenTests",
      of: ["Compiler", "Diagnostics", "Kernel", "Lowering", "Nftables", "PolicyLanguage"],
      exclude: ["Cases", "Diffs", "Refused"]),
    tests(
      "CompilerTests",
      of: [
        "Compiler", "Diagnostics", "Lowering", "NetworkTypes", "Nftables", "PolicyAnalysis",
        "PolicyLanguage",
      ]),
    tests(
      "EvidenceTests",
      of: [
        "Evidence", "Compiler", "Diagnostics", "Lowering", "NetworkTypes", "Nftables",
        "PolicyAnalysis", "PolicyLanguage",
      ]),
    tests(
      "KernelTests",
      of: [
        "CLab", "Compiler", "Deployment", "Evidence", "Kernel", "Lowering", "Nftables",
        "NetworkTypes",
        "PacketSpace", "PolicyAnalysis", "PolicyLanguage", "Diagnostics", "PolicyLibrary",
      ]),
  ]
)
