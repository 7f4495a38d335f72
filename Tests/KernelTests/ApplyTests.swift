import Deployment
import Diagnostics
import Foundation
import Kernel
import Lowering
import Nftables
import PolicyLanguage
import TestSupport
import Testing

/// What `fwpolicy apply` leaves in the kernel, asked with packets.
@Suite(.serialized) struct ApplyTests {
  private func policy(_ extra: String = "") -> String {
    """
    fwpolicy: 1
    name: counted
    inbound:
      - { name: web, allow: http, count: true }
      \(extra)
    """
  }

  private func apply(_ text: String, in lab: PacketLab) throws -> Staged<Application.Report> {
    let subject = try PolicyUnderTest(text)
    let lowered = LoweredPolicy(table: subject.table, origins: subject.origins)
    return try lab.machine.enter {
      Application(policy: subject.policy, lowered: lowered, options: Application.Options())
        .run(session: nil, now: Timestamp(seconds: 0), transport: try NetlinkSocket())
    }
  }

  private func packets(of counter: String, in lab: PacketLab) throws -> Int? {
    let listing = try lab.machine.run([
      "nft", "list", "counter", "inet", "fwpolicy", counter,
    ])
    let words = listing.split { $0 == " " || $0 == "\n" || $0 == "\t" }
    guard let place = words.firstIndex(of: "packets"), words.indices.contains(place + 1) else {
      return nil
    }
    return Int(words[place + 1])
  }

  @Test func aCounterGoesOnAcrossApplies() throws {
    let lab = try PacketLab(LabWiring(interfaces: ["eth0"]))
    #expect(try apply(policy(), in: lab).value?.replaced == false)
    let server = try lab.serveTCP(at: .machine(), port: 80)
    for _ in 1...3 {
      #expect(
        try lab.connect(from: Place.stranger4, to: Place.own4, port: 80, server: server)
          == .answered)
    }
    #expect(try packets(of: "rule-web", in: lab) == 3)
    // Another rule before it, and the counter stays with its name.
    let report = try apply(policy("- { name: other, allow: https, count: true }"), in: lab)
    #expect(report.value?.replaced == true)
    #expect(try packets(of: "rule-web", in: lab) == 3)
    #expect(try packets(of: "rule-other", in: lab) == 0)
    #expect(
      try lab.connect(from: Place.stranger4, to: Place.own4, port: 80, server: server)
        == .answered)
    #expect(try packets(of: "rule-web", in: lab) == 4)
  }

  @Test func theGenerationIsReadBack() throws {
    let lab = try PacketLab(LabWiring(interfaces: ["eth0"]))
    let first = try apply(policy(), in: lab).value?.receipt.generation
    let second = try apply(policy(), in: lab).value?.receipt.generation
    #expect(first.map { $0 + 1 } == second)
  }
}
