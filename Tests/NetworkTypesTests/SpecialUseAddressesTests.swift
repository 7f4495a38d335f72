import NetworkTypes
import Testing

struct SpecialUseAddressesTests {
  @Test(arguments: [
    "0.1.2.3", "10.255.255.255", "100.64.0.0", "127.0.0.1", "169.254.1.1", "172.31.255.255",
    "192.0.0.8", "192.0.2.1", "192.168.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "255.255.255.255", "::", "::1", "::ffff:192.0.2.1", "64:ff9b:1::1", "100::1", "100:0:0:1::1",
    "2001::1", "2001:1ff:ffff::", "2001:db8::1", "3fff:fff::", "5f00::1", "fdff::1", "febf::1",
  ])
  func specialUseHolds(_ text: String) throws {
    #expect(try parseAddressLiteral(text).addresses.isSubset(of: .specialUse))
  }

  @Test(arguments: [
    "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.32.0.0",
    "192.0.1.0", "198.20.0.0", "192.88.99.1", "224.0.0.1", "239.255.255.255", "::2", "64:ff9b::1",
    "100:0:0:2::", "2001:200::", "2001:db9::", "2002::1", "3fff:1000::", "5f01::", "fec0::1",
    "ff02::1", "2620:4f:8000::1",
  ])
  func specialUseLeavesOut(_ text: String) throws {
    let address = try parseAddressLiteral(text).addresses
    #expect(address.intersection(.specialUse).isEmpty)
  }

  @Test func privateIsTheOrganisationsOwn() {
    #expect(
      AddressSet.privateUse.description == "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7")
    #expect(AddressSet.privateUse.isSubset(of: .specialUse))
  }

  @Test func familiesAreEachOthersComplement() {
    #expect(AddressSet.ipv4Only.complement() == .ipv6Only)
    #expect(AddressSet.ipv4Only.union(.ipv6Only).isAny)
  }

  @Test func findsEveryBuiltInName() {
    for name in AddressSet.builtInNames { #expect(AddressSet.builtIn(name) != nil) }
    #expect(AddressSet.builtIn("noc") == nil)
  }
}
