import Compiler
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func mode(_ name: String) -> mode_t {
    var status = stat()
    return stat(folder(name), &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test func writesANewFileAndNothingElse() throws {
    try AtomicFile.write(Array("new".utf8), to: folder("a"))
    #expect(try folder.text(of: "a") == "new")
    #expect(try folder.names() == ["a"])
    #expect(mode("a") & ~0o644 == 0)
  }

  /// A reader that has the old file open goes on with it: nothing is written into what is there.
  @Test func theOldFileStaysWhole() throws {
    try folder.write("old", to: "a")
    try FileManager.default.linkItem(atPath: folder("a"), toPath: folder("kept"))
    try AtomicFile.write(Array("new".utf8), to: folder("a"))
    #expect(try folder.text(of: "kept") == "old")
    #expect(try folder.text(of: "a") == "new")
  }

  @Test func aNewFileHasTheModeThatIsAskedForWhateverTheUmask() throws {
    try AtomicFile.write(Array("new".utf8), to: folder("a"), newMode: 0o666)
    #expect(mode("a") == 0o666)
    #expect(chmod(folder("a"), 0o600) == 0)
    try AtomicFile.write(Array("newer".utf8), to: folder("a"), newMode: 0o666)
    #expect(mode("a") == 0o600)
  }

  @Test(arguments: [0o600, 0o640, 0o755] as [mode_t])
  func keepsTheModeOfWhatItReplaces(kept: mode_t) throws {
    try folder.write("old", to: "a")
    #expect(chmod(folder("a"), kept) == 0)
    try AtomicFile.write(Array("new".utf8), to: folder("a"))
    #expect(try folder.text(of: "a") == "new")
    #expect(mode("a") == kept)
  }

  @Test func followsALinkAndLeavesItInPlace() throws {
    try folder.write("old", to: "real/target")
    try folder.link("link", to: "real/target")
    try AtomicFile.write(Array("new".utf8), to: folder("link"))
    #expect(try folder.text(of: "real/target") == "new")
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder("link")) == "real/target")
    #expect(try folder.names(in: "real") == ["target"])
  }

  @Test func linkToNothingIsFilledAtItsTarget() throws {
    try folder.link("link", to: "later")
    try AtomicFile.write(Array("new".utf8), to: folder("link"))
    #expect(try folder.text(of: "later") == "new")
  }

  @Test func folderCannotBeReplaced() throws {
    try folder.write("x", to: "sub/x")
    let error = #expect(throws: SystemError.self) {
      try AtomicFile.write([1], to: folder("sub"))
    }
    #expect(error?.errno == EISDIR)
    #expect(try folder.names() == ["sub"])
  }

  @Test func missingFolderIsToldWithThePath() throws {
    let error = #expect(throws: SystemError.self) {
      try AtomicFile.write([1], to: folder("none/a"))
    }
    #expect(error?.errno == ENOENT)
    #expect(error?.description.contains("none/a") == true)
  }

  /// /dev/full takes no byte; being a device it is written to and stays one.
  @Test func deviceIsWrittenToAndNotReplaced() throws {
    let error = #expect(throws: SystemError.self) {
      try AtomicFile.write([1], to: "/dev/full")
    }
    #expect(error?.errno == ENOSPC)
    try AtomicFile.write([1], to: "/dev/null")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func loopOfLinksIsTold() throws {
    try folder.link("a", to: "b")
    try folder.link("b", to: "a")
    let error = #expect(throws: SystemError.self) { try AtomicFile.write([1], to: folder("a")) }
    #expect(error?.errno == ELOOP)
  }

  @Test func nameThatCannotBeLeavesNoTemporaryFile() throws {
    let name = String(repeating: "n", count: 300)
    #expect(throws: SystemError.self) { try AtomicFile.write([1], to: folder(name)) }
    #expect(try folder.names().isEmpty)
  }
}
