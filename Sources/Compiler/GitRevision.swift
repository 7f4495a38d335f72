import Glibc

/// The files of one revision of a git repository, in a folder of their own for as long as it lives.
///
/// git writes the whole tree there, so that includes and lists are those of the revision and every
/// rule about where files may lie holds as it does elsewhere. The repository is not touched: neither
/// its index nor its work tree.
package final class GitRevision {
  /// The policy in that folder.
  package let policyPath: String
  /// What the policy is called in reports: `HEAD~1:edge/policy.yaml`'s beginning, `HEAD~1:edge/`.
  package let prefix: String
  /// Where the revision has what is the working directory, with a `/` at its end.
  package let folder: String
  private let temporary: String

  /// `REV:path` as git has it, the path from the working directory; nil where the text is no such
  /// pair, or a file of that name is there.
  package static func parse(_ text: String) -> (revision: String, path: String)? {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon > text.startIndex,
      access(text, F_OK) != 0
    else { return nil }
    let path = String(text[text.index(after: colon)...])
    return path.isEmpty ? nil : (String(text[..<colon]), path)
  }

  /// Writes the tree of a revision.
  ///
  /// - Throws: if git is not there, knows no such revision, or is not in a repository.
  package init(_ revision: String, path: String) throws(SystemError) {
    // The name is looked up as a name, so that none can pass for an option.
    let tree = try Self.git(
      ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(revision)^{tree}"],
      failure: "git knows no revision `\(revision)` here")
    let top = try Self.git(["rev-parse", "--show-toplevel"], failure: "not in a git repository")
    let inside = try Self.git(["rev-parse", "--show-prefix"], failure: "not in a git repository")
    var template = Array("\(Self.temporaryFolder)/fwpolicy-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw SystemError("a folder for the revision's files cannot be made", errno: errno)
    }
    temporary = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let tail = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    prefix = "\(revision):" + path.dropLast(tail.count)
    folder = "\(temporary)/tree/\(inside)"
    policyPath = path.hasPrefix("/") ? path : folder + path
    guard !path.hasPrefix("/") else {
      throw SystemError("a path in a revision is relative, and `\(path)` is not", errno: 0)
    }
    let index = ["GIT_INDEX_FILE=\(temporary)/index"]
    let reason = "git cannot write the files of `\(revision)`"
    _ = try Self.git(["-C", top, "read-tree", tree], environment: index, failure: reason)
    _ = try Self.git(
      ["-C", top, "checkout-index", "--all", "--force", "--prefix=\(temporary)/tree/"],
      environment: index, failure: reason)
    guard access(policyPath, F_OK) == 0 else {
      throw SystemError("there is no `\(path)` in `\(revision)`", errno: 0)
    }
  }

  deinit {
    _ = try? Self.run(["rm", "-rf", "--", temporary], environment: [])
  }

  private static var temporaryFolder: String {
    guard let given = getenv("TMPDIR"), given.pointee == UInt8(ascii: "/") else { return "/tmp" }
    return String(cString: given)
  }

  /// The first line that git says.
  private static func git(
    _ arguments: [String], environment: [String] = [], failure: String
  ) throws(SystemError) -> String {
    let (status, output) = try run(["git"] + arguments, environment: environment)
    guard status == 0 else { throw SystemError(failure, errno: 0) }
    return String(output.prefix { $0 != "\n" })
  }

  /// Runs a program of the search path; its standard error is the caller's, what it prints is read.
  private static func run(
    _ arguments: [String], environment: [String]
  ) throws(SystemError) -> (status: Int32, output: String) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw SystemError("a pipe cannot be made", errno: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var texts: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
    var known = environ
    while let setting = known.pointee {
      settings.append(strdup(setting))
      known += 1
    }
    settings.append(nil)
    defer { for text in texts + settings { free(text) } }
    var child = pid_t()
    let failure = posix_spawnp(&child, arguments[0], &actions, nil, &texts, &settings)
    close(ends[1])
    defer { close(ends[0]) }
    guard failure == 0 else {
      throw SystemError("`\(arguments[0])` cannot be run", errno: failure)
    }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(ends[0], &buffer, buffer.count)
      if count > 0 {
        output += buffer[..<count]
      } else if count == 0 || errno != EINTR {
        break
      }
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return (status, String(decoding: output, as: UTF8.self))
  }
}
