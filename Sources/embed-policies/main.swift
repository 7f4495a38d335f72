import Foundation

// usage: embed-policies FOLDER OUTPUT
// Writes OUTPUT: one Swift file whose `embeddedPolicies` lists every *.yaml and *.txt file under
// FOLDER by its path, in byte order of the path, so that the output does not depend on the machine.

let folder = URL(filePath: CommandLine.arguments[1], directoryHint: .isDirectory)
let output = URL(filePath: CommandLine.arguments[2])

var files: [(path: String, text: String)] = []
let walker = FileManager.default.enumerator(atPath: folder.path(percentEncoded: false))
while let path = walker?.nextObject() as? String {
  guard path.hasSuffix(".yaml") || path.hasSuffix(".txt") else { continue }
  files.append((path, try String(contentsOf: folder.appending(path: path), encoding: .utf8)))
}
files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }

var source = """
  /// The files of Policies/, by path relative to it.
  package let embeddedPolicies: [(path: StaticString, text: StaticString)] = [

  """
for (path, text) in files {
  precondition(!text.contains("\"\"\"##"), "\(path) holds the delimiter of the literal")
  source += "  (\n    ##\"\(path)\"##,\n    ##\"\"\"\n"
  source += text.hasSuffix("\n") ? text : text + "\n"
  source += "\n\"\"\"##\n  ),\n"
}
source += "]\n"
try source.write(to: output, atomically: true, encoding: .utf8)
