import Evidence
import Testing

/// What is written of one packet.
@Suite struct WatchLineTests {
  private static let gate = "fwpolicy/smtp-egress/default/reject: "

  @Test func aLineForPeople() throws {
    var fixture = try WatchFixture()
    #expect(
      WatchLine.text(fixture.event(WatchFixture.packet(Self.gate, from: "198.51.100.17")))
        == "2025-11-25T16:11:02.001234Z reject tcp 198.51.100.17:40000 -> 203.0.113.9:25 in bng1 "
        + "out eth0: the gate `smtp-egress` policy.yaml:17; from acme (ticket NET-4211)\n")
  }

  @Test func aLineForPrograms() throws {
    var fixture = try WatchFixture()
    var packet = WatchFixture.packet(Self.gate, from: "198.51.100.17")
    packet.user = 1000
    packet.hardwareAddress = [2, 0xab, 0, 0, 0, 1]
    #expect(
      WatchLine.json(fixture.event(packet)) == """
        {"version": 1, "event": "packet", "time": "2025-11-25T16:11:02.001234Z", "group": 5, \
        "prefix": "fwpolicy/smtp-egress/default/reject: ", "hook": "forward", "in": "bng1", \
        "out": "eth0", "hardware": "02:ab:00:00:00:01", "user": 1000, "protocol": "tcp", \
        "source": "198.51.100.17", "sourcePort": 40000, "destination": "203.0.113.9", \
        "destinationPort": 25, "tcpFlags": ["syn"], "hopLimit": 63, "length": 60, \
        "verdict": "reject", "decidedBy": {"section": "smtp-egress", "rule": "default", \
        "file": "policy.yaml", "line": 17}, "from": {"kind": "exception", "name": "acme", \
        "prefix": "198.51.100.16/28", "owner": "acme", "ticket": "NET-4211", \
        "file": "policy.yaml", "line": 20}}

        """)
  }

  @Test func nothingInALineDrivesATerminalOrBreaksIt() throws {
    var fixture = try WatchFixture()
    var packet = WatchFixture.packet("\u{1b}[2J\nforged")
    packet.inputInterface = "eth\u{7}0"
    let event = fixture.event(packet)
    for line in [WatchLine.text(event), WatchLine.json(event)] {
      #expect(line.unicodeScalars.dropLast().allSatisfy { $0.value >= 0x20 && $0.value != 0x7f })
      #expect(line.hasSuffix("\n"))
    }
  }

  @Test func whatIsNoIPPacketIsALineToo() throws {
    var fixture = try WatchFixture()
    var packet = WatchFixture.packet(Self.gate)
    packet.headers = nil
    let event = fixture.event(packet)
    #expect(WatchLine.text(event).contains("reject no IP packet in bng1"))
    #expect(!WatchLine.json(event).contains("\"source\""))
  }

  @Test func aLossIsALine() {
    let time: Int64 = 1_764_087_062_000_001
    #expect(
      WatchLine.lostJSON(at: time, (5, 12))
        == "{\"version\": 1, \"event\": \"lost\", \"time\": \"2025-11-25T16:11:02.000001Z\", "
        + "\"group\": 5, \"count\": 12}\n")
    #expect(
      WatchLine.lostJSON(at: time, nil)
        == "{\"version\": 1, \"event\": \"lost\", \"time\": \"2025-11-25T16:11:02.000001Z\"}\n")
    #expect(WatchLine.lostText(at: time, (5, 12)).hasSuffix(" lost 12 of group 5\n"))
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
    (1_767_225_600_000_000, "2026-01-01T00:00:00.000000Z"),
  ])
  func aTimeIsRFC3339(microseconds: Int64, text: String) {
    #expect(WatchedPacket.time(microseconds) == text)
  }
}
