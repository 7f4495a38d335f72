import Compiler
import Foundation
import PolicyLanguage
import TestSupport
import Testing

@Suite struct FileSystemProviderTests {
  /// A root `site` with a policy in `site/edge`, and a secret beside the root.
  private let folder: TemporaryFolder
  private let provider: FileSystemProvider

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("secret", to: "secret.txt")
    try folder.write("", to: "site/fwpolicy.root")
    try folder.write("policy", to: "site/edge/policy.yaml")
    try folder.write("list", to: "site/lists/noc.txt")
    provider = try FileSystemProvider(policy: folder("site/edge/policy.yaml"))
  }

  private func error(_ path: String, from name: String? = "edge/policy.yaml") -> SourceError? {
    do throws(SourceError) {
      _ = try provider.read(path, from: name)
      return nil
    } catch {
      return error
    }
  }

  @Test func policyIsNamedFromTheRoot() throws {
    let source = try provider.read(folder("site/edge/policy.yaml"), from: nil)
    #expect(source.name == "edge/policy.yaml")
    #expect(source.bytes == Array("policy".utf8))
  }

  @Test func pathsAreRelativeToTheFileThatNamesThem() throws {
    let source = try provider.read("../lists/noc.txt", from: "edge/policy.yaml")
    #expect(source.name == "lists/noc.txt")
    #expect(try provider.read("noc.txt", from: "lists/other.yaml").name == "lists/noc.txt")
  }

  @Test func absolutePathInsideTheRootIsRead() throws {
    let source = try provider.read(folder("site/lists/noc.txt"), from: "edge/policy.yaml")
    #expect(source.name == "lists/noc.txt")
  }

  @Test(arguments: ["../../secret.txt", "../../../../../../../../etc/passwd", "/etc/passwd"])
  func pathsOutOfTheRootAreRefused(path: String) {
    #expect(error(path) == .outsideRoot(root: "site"))
  }

  @Test func linksOutOfTheRootAreRefused() throws {
    try folder.link("site/edge/out.txt", to: "../../secret.txt")
    try folder.link("site/edge/up", to: "../..")
    try folder.link("site/edge/absolute.txt", to: folder("secret.txt"))
    for path in ["out.txt", "up/secret.txt", "absolute.txt"] {
      #expect(error(path) == .outsideRoot(root: "site"))
    }
  }

  /// Whether a file outside exists is nothing that a policy may learn.
  @Test(arguments: [
    "../../none.txt", "../../none/secret.txt", "../../secret.txt/below", "../../site-b/../x",
    "../../../../../../../../etc/none", "/etc/none", "/none/at/all", "/",
    "dangling.txt", "chain.txt", "up/none.txt", "up/site/none.txt", "absolute.txt",
    "../lists/../../none.txt", "inside/../../none.txt",
  ])
  func whatIsNotThereOutsideIsRefusedLikeWhatIs(path: String) throws {
    try folder.link("site/edge/dangling.txt", to: "../../none.txt")
    try folder.link("site/edge/chain.txt", to: "dangling.txt")
    try folder.link("site/edge/up", to: "../..")
    try folder.link("site/edge/absolute.txt", to: folder("none.txt"))
    try folder.link("site/edge/inside", to: "../lists")
    #expect(error(path) == .outsideRoot(root: "site"))
  }

  /// Links that stay inside lead to an honest answer.
  @Test func whatIsNotThereInsideIsToldAsMissing() throws {
    try folder.link("site/edge/lists", to: "../lists")
    try folder.link("site/edge/absolute", to: folder("site/lists"))
    for path in [
      "lists/none.txt", "absolute/none.txt", "../none.txt", "lists/../edge/none.txt",
      folder("site/none.txt"), "./none/../../none",
    ] {
      #expect(error(path) == .notFound, "\(path)")
    }
  }

  @Test func folderWhoseNameBeginsLikeTheRootIsOutside() throws {
    try folder.write("x", to: "site-b/x.txt")
    #expect(error("../../site-b/x.txt") == .outsideRoot(root: "site"))
  }

  @Test func linksInsideTheRootAreFollowedToTheirTarget() throws {
    try folder.link("site/edge/in.txt", to: "../lists/noc.txt")
    #expect(try provider.read("in.txt", from: "edge/policy.yaml").name == "lists/noc.txt")
  }

  /// Nothing but a regular file is opened for reading; a pipe without a writer would hang.
  @Test func onlyRegularFilesAreRead() throws {
    #expect(mkfifo(folder("site/edge/pipe"), 0o600) == 0)
    #expect(error("pipe") == .notARegularFile(kind: "pipe"))
    #expect(error("../lists") == .notARegularFile(kind: "folder"))
    #expect(error("/dev/zero") == .outsideRoot(root: "site"))
  }

  @Test func deviceInsideTheRootIsNotTouched() throws {
    let wide = try FileSystemProvider(policy: folder("site/edge/policy.yaml"), root: "/")
    #expect(throws: SourceError.notARegularFile(kind: "device")) {
      try wide.read("/dev/zero", from: "x.yaml")
    }
  }

  @Test func missingFilesAndEndlessLinksAreTold() throws {
    #expect(error("nowhere.txt") == .notFound)
    #expect(error("policy.yaml/below.txt") == .notFound)
    try folder.link("site/edge/loop", to: "loop")
    guard case .unreadable(ELOOP, _) = error("loop") else {
      Issue.record("a loop of links must be told by its errno")
      return
    }
    guard case .unreadable(EINVAL, _) = error("a\0b") else {
      Issue.record("a NUL in a path must not name another file")
      return
    }
  }

  @Test func fileLargerThanTheLimitIsRefused() throws {
    let path = try folder.write("", to: "site/edge/large.txt")
    #expect(truncate(path, off_t(FileSystemProvider.sizeLimit) + 1) == 0)
    guard case .unreadable(EFBIG, _) = error("large.txt") else {
      Issue.record("a file beyond the limit must be refused before it is read")
      return
    }
  }

  @Test func secondReadingGivesTheSameBytes() throws {
    let first = try provider.read("../lists/noc.txt", from: "edge/policy.yaml")
    try folder.write("changed", to: "site/lists/noc.txt")
    let second = try provider.read("../lists/noc.txt", from: "edge/policy.yaml")
    #expect(first.bytes == second.bytes)
  }

  @Test func libraryComesFirst() throws {
    try folder.write("mine", to: "site/edge/std/services.yaml")
    let source = try provider.read("std/services.yaml", from: "edge/policy.yaml")
    #expect(source.name == "std/services.yaml")
    #expect(source.bytes != Array("mine".utf8))
  }

  @Test func unknownLibraryFileNamesTheNearest() {
    #expect(
      error("std/service.yaml") == .unknownStandardFile(similar: ["std/services.yaml"]))
  }

  @Test func rootIsThePolicysOwnFolderWithoutAMarker() throws {
    let path = try folder.write("p", to: "alone/policy.yaml")
    let alone = try FileSystemProvider(policy: path)
    #expect(try alone.read(path, from: nil).name == "policy.yaml")
    #expect(throws: SourceError.outsideRoot(root: "alone")) {
      try alone.read("../secret.txt", from: "policy.yaml")
    }
  }

  @Test func givenRootWinsAndMustHoldThePolicy() throws {
    let path = folder("site/edge/policy.yaml")
    let wide = try FileSystemProvider(policy: path, root: folder.path)
    #expect(try wide.read(path, from: nil).name == "site/edge/policy.yaml")
    let beside = try FileSystemProvider(policy: path, root: folder("site/lists"))
    #expect(throws: SourceError.outsideRoot(root: "lists")) { try beside.read(path, from: nil) }
    #expect(throws: SystemError.self) {
      try FileSystemProvider(policy: path, root: folder("nowhere"))
    }
  }

  @Test func policyThatIsNotThereIsToldByRead() throws {
    let path = folder("none.yaml")
    let none = try FileSystemProvider(policy: path)
    #expect(throws: SourceError.notFound) { try none.read(path, from: nil) }
  }
}
