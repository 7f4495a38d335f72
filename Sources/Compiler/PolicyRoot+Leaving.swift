import Glibc

extension PolicyRoot {
  /// Whether a path that cannot be opened would lead out of the root, at any of its steps.
  ///
  /// What is outside must look alike whether it exists or not, so this asks only about folders and
  /// links inside. An absolute path is outside unless it is written below the root's own.
  func leaves(_ path: String) -> Bool {
    // The kernel opens nothing longer (PATH_MAX).
    guard path.utf8.count < 4096, !path.utf8.contains(0) else { return false }
    guard var steps = stepsInside(path) else { return true }
    var folder: [Substring] = []
    var links = 0
    while let step = steps.popLast() {
      if step == "." { continue }
      if step == ".." {
        if folder.popLast() == nil { return true }
        continue
      }
      folder.append(step)
      guard let target = linkTarget(folder.joined(separator: "/")) else { continue }
      // The kernel follows forty (MAXSYMLINKS); a loop is told as one.
      links += 1
      if links > 40 { return false }
      guard let next = stepsInside(target) else { return true }
      if target.utf8.first == UInt8(ascii: "/") { folder = [] } else { folder.removeLast() }
      steps += next
    }
    return false
  }

  /// The parts of a path, the first one last; nil for an absolute path elsewhere.
  private func stepsInside(_ path: String) -> [Substring]? {
    guard path.utf8.first == UInt8(ascii: "/") else { return path.split(separator: "/").reversed() }
    if path == self.path { return [] }
    guard let below = relative(path) else { return nil }
    return below.split(separator: "/").reversed()
  }
}
