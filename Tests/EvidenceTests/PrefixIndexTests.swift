import Diagnostics
import Evidence
import NetworkTypes
import PolicyLanguage
import TestSupport
import Testing

/// A row of an inventory in memory.
func row(
  _ prefix: IPPrefix, _ name: String, owner: String? = nil, ticket: String? = nil,
  answer: SubnetAnswer = .blocked
) -> Subnet {
  var subnet = Subnet(
    prefix: prefix, name: name, answer: answer,
    span: SourceSpan(file: SourceFileID(index: 0), start: 0, end: 0))
  subnet.owner = owner
  subnet.ticket = ticket
  return subnet
}

func prefix(_ text: String) -> IPPrefix {
  guard let literal = try? parseAddressLiteral(text), let prefix = IPPrefix(literal) else {
    preconditionFailure("\(text) is no prefix")
  }
  return prefix
}

@Suite struct PrefixIndexTests {
  /// By looking at every row for every source.
  @Test func theLongestRowThatHoldsASourceIsFound() {
    var generator = SeededGenerator(label: "prefix index")
    for _ in 0..<400 {
      let rows = (0..<Int.random(in: 0...40, using: &generator)).map { number -> Subnet in
        let length = Int.random(in: 20...32, using: &generator)
        let address = 0xc633_6400 + UInt32.random(in: 0..<64, using: &generator)
        return row(.ipv4(Prefix(holding: address, length: length)), "row \(number)")
      }
      let index = PrefixIndex<UInt32>(rows)
      for number in 0..<96 {
        // Addresses, then blocks of four.
        let lower = 0xc633_6400 + (number < 64 ? UInt32(number) : UInt32(number - 64) * 4)
        let upper = number < 64 ? lower : lower + 3
        let found = index.longest(holding: lower, through: upper).map { Int($0.value) }
        let holders = rows.indices.filter {
          guard case .ipv4(let prefix) = rows[$0].prefix else { return false }
          return prefix.interval.lower <= lower && upper <= prefix.interval.upper
        }
        let longest = holders.map { rows[$0].prefix.length }.max()
        #expect(found == holders.first { rows[$0].prefix.length == longest })
      }
    }
  }

  @Test func aRowMustHoldTheWholeOfASource() {
    let rows = [row(prefix("2001:db8::/80"), "short"), row(prefix("2001:db8::/48"), "long")]
    let net = UInt128(0x2001_0db8) << 96
    let index = PrefixIndex<UInt128>(rows)
    #expect(index.longest(holding: net, through: net | UInt128(UInt64.max))?.value == 1)
    #expect(index.longest(holding: net, through: net)?.value == 0)
    let elsewhere = UInt128(1) << 126
    #expect(index.longest(holding: elsewhere, through: elsewhere) == nil)
    #expect(index.longest(holding: .max, through: .max) == nil)
    #expect(PrefixIndex<UInt128>([]).longest(holding: net, through: net) == nil)
  }

  /// What is left of a prefix counts by the length that was written, inside a longer one too.
  @Test func whatIsLeftOfAPrefixKeepsItsLength() {
    let half = WrittenPrefix(Prefix<UInt32>(holding: 0xc633_6400, length: 25))
    let left = WrittenPrefix(Prefix<UInt32>(holding: 0xc633_6410, length: 28), ofLength: 24)
    let index = PrefixIndex(LongestPrefixTable([.init(left, 7), .init(half, 8)]))
    #expect(index.longest(holding: 0xc633_6411, through: 0xc633_6411)?.value == 8)
    #expect(index.longest(holding: 0xc633_6401, through: 0xc633_6401)?.value == 8)
  }

  /// A row many times over is no longer chain.
  @Test func theFirstOfEqualRowsIsFound() {
    let rows = Array(repeating: row(prefix("198.51.100.0/24"), "same"), count: 100_000)
    let index = PrefixIndex<UInt32>(rows)
    for number in 0..<10_000 {
      let address = 0xc633_6400 + UInt32(number & 255)
      #expect(index.longest(holding: address, through: address)?.value == 0)
    }
  }

  /// What an ISP has: 65,536 offenders, 100,000 rows.
  @Test func manyOffendersMeetManyRows() {
    let rows = (0..<100_000).map { number -> Subnet in
      row(
        .ipv4(
          Prefix(holding: 0x0a00_0000 + UInt32(number) * 16, length: number % 3 == 0 ? 30 : 28)),
        "row")
    }
    let readings = (0..<65_536).map { number in
      OffenderReading(
        family: .ipv4, address: 0x0a00_0000 + UInt128(number) * 24, packets: 1, bytes: 1,
        secondsSinceLast: 1)
    }
    let time = ContinuousClock().measure {
      let report = OffenderReport(
        readings, subnets: rows, top: 10, takenAt: Timestamp(seconds: 1_800_000_000))
      #expect(report.sourceCount == 65_536)
    }
    print("65,536 offenders joined with 100,000 rows in \(time)")
    // Released it is a small part of this.
    #expect(time < .seconds(10))
  }
}
