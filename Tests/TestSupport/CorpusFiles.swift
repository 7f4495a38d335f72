package import PolicyLanguage

/// The few files that exist beside a policy of the corpus.
///
/// The fuzzer of the policy reader and the tests that replay its inputs see the same ones.
/// `self.txt` and `self.csv` are the policy's own bytes, read as a list: so the input reaches the
/// list readers as well.
package struct CorpusFiles: SourceProvider {
  package let root: [UInt8]

  package static let rootName = "p.yaml"

  package init(root: [UInt8]) { self.root = root }

  package func read(_ path: String, from name: String?) throws(SourceError) -> ProvidedSource {
    switch path {
    case Self.rootName, "self.txt", "self.csv":
      return ProvidedSource(name: path, bytes: root)
    case "folder": throw .notARegularFile(kind: "folder")
    case "/etc/list", "../list": throw .outsideRoot(root: ".")
    case "locked": throw .unreadable(errno: 13, text: "Permission denied")
    default: break
    }
    guard let text = Self.files[path] else {
      throw path.hasPrefix("std/") ? .unknownStandardFile(similar: ["std/a.yaml"]) : .notFound
    }
    return ProvidedSource(name: path, bytes: Array(text.utf8))
  }

  private static let files: [String: String] = [
    "list.txt": "# a list\n192.0.2.0/28\n198.51.100.1-198.51.100.9 # range\n2001:db8::/48\n",
    "bad.txt": "192.0.2.1/24\nexample.net\n\u{1B}[31m\n192.0.2.300\n",
    "empty.txt": "# nothing\n",
    "rows.csv": "prefix,pool,state\n192.0.2.0/28,shop,on\n\"2001:db8::/48\",\"sh\"\"op\",live\n",
    "bad.csv": "prefix,pool\n192.0.2.0/28\n\"open,shop\n",
    "a.yaml": """
    fwpolicy: 1
    include: [b.yaml]
    networks: { included: 203.0.113.0/24 }
    inbound: [{ allow: ssh, from: included }]
    variables: { shared: [192.0.2.1, 2001:db8::1] }
    """,
    "b.yaml": "fwpolicy: 1\nusers: { included: 7 }\nservices: { included: tcp/9 }\n",
    "loop.yaml": "fwpolicy: 1\ninclude: [p.yaml]\n",
    "broken.yaml": "fwpolicy: 1\ninbound: [\n",
  ]

  /// A part of the service catalogue, with one service of every kind.
  package static let services = ProvidedSource(
    name: "std/services.yaml",
    bytes: Array(
      """
      fwpolicy: 1
      services:
        http: { of: tcp/80, description: web pages, source: RFC 9110 }
        https: tcp/443
        smtp: tcp/25
        submission: tcp/587
        ssh: tcp/22
        dns: [udp/53, tcp/53]
        ftp: { of: tcp/21, helper: ftp }
        tftp: { of: udp/69, helper: tftp }
        ping: [icmp/echo-request, icmpv6/echo-request]
        gre: proto/47
        esp: proto/50
        traceroute: udp/33434-33523
      """.utf8))
}
