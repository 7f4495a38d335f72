import Glibc
import NetworkTypes
import TestSupport
import Testing

struct AddressParserTests {
  /// The literal and its canonical text.
  @Test(arguments: [
    // RFC 4632 §3.1 and every boundary of IPv4.
    ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("192.0.2.1", "192.0.2.1"),
    ("0.0.0.0/0", "0.0.0.0/0"), ("255.255.255.255/32", "255.255.255.255"),
    ("128.0.0.0/1", "128.0.0.0/1"), ("192.0.2.2/31", "192.0.2.2/31"),
    ("192.0.2.0-192.0.2.255", "192.0.2.0/24"), ("192.0.2.1-192.0.2.2", "192.0.2.1-192.0.2.2"),
    ("0.0.0.0-255.255.255.255", "0.0.0.0/0"),
    // RFC 4291 §2.2: the three forms.
    ("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"),
    ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"),
    ("2001:db8::8:800:200c:417a", "2001:db8::8:800:200c:417a"),
    ("FF01:0:0:0:0:0:0:101", "ff01::101"), ("0:0:0:0:0:0:0:1", "::1"), ("::", "::"),
    ("0:0:0:0:0:0:13.1.68.3", "::13.1.68.3"), ("::ffff:129.144.52.38", "::ffff:129.144.52.38"),
    ("::FFFF:8190:3426", "::ffff:129.144.52.38"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
    // RFC 4291 §2.3.
    ("2001:0DB8:0000:CD30:0000:0000:0000:0000/60", "2001:db8:0:cd30::/60"),
    ("2001:db8:0:cd30::/60", "2001:db8:0:cd30::/60"), ("::/0", "::/0"),
    ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("8000::/1", "8000::/1"), ("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
    ("2001:db8::1-2001:db8::5", "2001:db8::1-2001:db8::5"),
    // RFC 5952 §4.1, §4.2.2, §4.2.3, §4.3.
    ("2001:0db8::0001", "2001:db8::1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:DB8::AAAA", "2001:db8::aaaa"),
  ])
  func acceptsAndPrintsCanonically(_ text: String, _ canonical: String) throws {
    let spec = try parseAddressLiteral(text)
    #expect(spec.description == canonical)
    #expect(try parseAddressLiteral(canonical) == spec)
  }

  @Test(
    arguments: [
      ("", .emptyText), ("-", .emptyPart), ("/", .emptyPart), ("192.0.2.1-", .emptyPart),
      ("-192.0.2.1", .emptyPart), ("192.0.2.0/", .emptyPart), ("2001:db8::/", .emptyPart),
      ("2001:db8::1-", .emptyPart),
      // Octets.
      ("010.0.0.1", .octalLookingOctet("010")), ("192.0.02.1", .octalLookingOctet("02")),
      ("192.0.2.00", .octalLookingOctet("00")), ("0300.0.2.1", .octalLookingOctet("0300")),
      ("256.0.0.1", .octetOutOfRange("256")), ("192.0.2.999", .octetOutOfRange("999")),
      ("99999999999999999999.0.0.1", .octetOutOfRange("99999999999999999999")),
      ("::ffff:256.0.0.1", .octetOutOfRange("256")),
      // Short and long forms.
      ("10", .notAnAddress), ("10/8", .wrongOctetCount(1)), ("10.0/8", .wrongOctetCount(2)),
      ("192.0.2", .wrongOctetCount(3)), ("192.0.2.1.5", .wrongOctetCount(5)),
      ("0xC0.0.2.1", .notAnAddress), ("192.0.2.", .notAnAddress), ("192..2.1", .notAnAddress),
      (".192.0.2.1", .notAnAddress), ("+192.0.2.1", .notAnAddress), ("192.0.2.1x", .notAnAddress),
      ("192.0.2.1\0", .notAnAddress), ("192.0.2.1 ", .spaceInside), (" 192.0.2.1", .spaceInside),
      ("192.0.2.1 - 192.0.2.9", .spaceInside), ("١٩٢.0.2.1", .notAnAddress),
      // Groups.
      ("12345::", .groupTooLong("12345")), ("2001:db8::00001", .groupTooLong("00001")),
      ("1:2:3:4:5:6:7", .wrongGroupCount(7)), ("1:2:3:4:5:6:7:8:9", .wrongGroupCount(9)),
      ("1:2:3:4:5:6:7:8::", .wrongGroupCount(8)), ("1:2:3:4::5:6:7:8", .wrongGroupCount(8)),
      ("1:2:3:4:5:6:7:192.0.2.1", .wrongGroupCount(9)), ("1::2::3", .repeatedCompression),
      (":::", .notAnAddress), ("1:::2", .notAnAddress), (":1::", .notAnAddress),
      ("1:", .notAnAddress), ("::1:", .notAnAddress), ("::g", .notAnAddress),
      ("::192.0.2.1:5", .notAnAddress), ("::192.0.2", .wrongOctetCount(3)),
      ("fe80::1%eth0", .zoneIdentifier), ("[2001:db8::1]", .notAnAddress),
      // Prefix lengths: RFC 4632, RFC 4291 §2.3.
      ("192.0.2.0/33", .prefixTooLong(length: "33", maximum: 32)),
      ("2001:db8::/129", .prefixTooLong(length: "129", maximum: 128)),
      ("0.0.0.0/99999999999", .prefixTooLong(length: "99999999999", maximum: 32)),
      ("192.0.2.0/024", .prefixNotANumber("024")), ("192.0.2.0/+24", .prefixNotANumber("+24")),
      ("192.0.2.0/x", .prefixNotANumber("x")), ("192.0.2.0/24/24", .prefixNotANumber("24/24")),
      ("192.0.2.0/-1", .prefixNotANumber("-1")),
      ("192.0.2.0/255.255.255.0", .dottedMask(length: 24)),
      ("192.0.2.0/0.0.0.255", .dottedMask(length: nil)),
      ("0.0.0.0/0.0.0.0", .dottedMask(length: 0)),
      ("10.0.0.20/24", .hostBitsSet(network: "10.0.0.0/24", host: "10.0.0.20")),
      ("255.255.255.255/0", .hostBitsSet(network: "0.0.0.0/0", host: "255.255.255.255")),
      ("192.0.2.1/31", .hostBitsSet(network: "192.0.2.0/31", host: "192.0.2.1")),
      ("2001:db8::1/127", .hostBitsSet(network: "2001:db8::/127", host: "2001:db8::1")),
      ("::1/0", .hostBitsSet(network: "::/0", host: "::1")),
      // Ranges.
      ("192.0.2.9-192.0.2.1", .reversedRange(lower: "192.0.2.9", upper: "192.0.2.1")),
      ("192.0.2.0/24-192.0.3.0/24", .prefixInRange), ("192.0.2.0-192.0.3.0/24", .prefixInRange),
      ("192.0.2.1-2001:db8::1", .mixedFamilies), ("2001:db8::1-192.0.2.1", .mixedFamilies),
      ("192.0.2.1-192.0.2.2-192.0.2.3", .notAnAddress),
      // Names.
      ("mail.example.com", .hostName), ("mail.example.com.", .hostName), ("noc", .notAnAddress),
      ("3com.example.com", .hostName), ("10.0.0.1.example.com", .hostName),
      ("a..example", .notAnAddress), ("fe80", .notAnAddress),
    ] as [(String, AddressParseError)])
  func rejectsWithTheReason(_ text: String, _ reason: AddressParseError) {
    #expect(throws: reason) { try parseAddressLiteral(text) }
    #expect(!reason.message.isEmpty && !reason.message.hasSuffix("."))
  }

  @Test func takesNoTextForNoAddress() {
    #expect(IPv4Address("") == nil && IPv6Address("") == nil)
    #expect(IPv4Address("192.0.2.") == nil && IPv6Address("2001:db8:") == nil)
    #expect(!looksLikeAddress("") && !looksLikeHostName(""))
  }

  @Test func cutsHostileTextInErrors() throws {
    let error = try #require(throws: AddressParseError.self) {
      try parseAddressLiteral("192.0.2.0/" + String(repeating: "9", count: 100_000))
    }
    guard case .prefixTooLong(let length, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(length.utf8.count < 80)
  }

  @Test func tellsAddressesFromNames() {
    for text in ["192.0.2.1", "10.0.0.20/24", "1:2", "fe80::1%eth0", "10.0.0/8", "256.1.1.1", "::"]
    {
      #expect(looksLikeAddress(text), "\(text)")
    }
    for text in ["noc", "mail.example.com", "fe80", "3com.example.com", "", "tcp/25", "a-b", "_1"] {
      #expect(!looksLikeAddress(text), "\(text)")
    }
    #expect(looksLikeHostName("mail.example.com"))
    #expect(!looksLikeHostName("noc") && !looksLikeHostName("192.0.2.1"))
  }

  @Test func givesBackWhatItPrints() throws {
    var generator = SeededGenerator(label: "givesBackWhatItPrints")
    for _ in 0..<5_000 {
      let four = Prefix<UInt32>(
        holding: .random(in: 0 ... .max, using: &generator),
        length: .random(in: 0...32, using: &generator))
      #expect(try parseAddressLiteral(four.description) == .ipv4(four.interval))
      let six = Prefix<UInt128>(
        holding: sparseIPv6(&generator), length: .random(in: 0...128, using: &generator))
      #expect(try parseAddressLiteral(six.description) == .ipv6(six.interval))
      let a = sparseIPv6(&generator)
      let b = sparseIPv6(&generator)
      let range = IntervalSet<UInt128>.Interval(min(a, b), max(a, b))
      #expect(try parseAddressLiteral(range.addressDescription) == .ipv6(range))
    }
  }

  @Test func printsWhatTheSystemPrints() {
    var generator = SeededGenerator(label: "printsWhatTheSystemPrints")
    for _ in 0..<20_000 {
      let bits = sparseIPv6(&generator)
      #expect(IPv6Address(bits: bits).description == systemText(bits))
    }
  }

  @Test func acceptsWhatTheSystemAccepts() {
    var generator = SeededGenerator(label: "acceptsWhatTheSystemAccepts")
    let pieces = [
      "0", "1", "00", "ffff", "FFff", "12345", ":", ":", ":", "::", ".", "192.0.2.1", "g",
    ]
    for _ in 0..<50_000 {
      let count = Int.random(in: 1...16, using: &generator)
      let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      #expect(IPv6Address(text)?.bits == systemBits(text), "\(text)")
    }
    for _ in 0..<20_000 {
      // Valid texts with one byte changed.
      var text = Array(systemText(sparseIPv6(&generator)).utf8)
      let place = Int.random(in: text.indices, using: &generator)
      text[place] = Array("0123456789abcdef:.".utf8).randomElement(using: &generator) ?? 0
      let changed = String(decoding: text, as: UTF8.self)
      #expect(IPv6Address(changed)?.bits == systemBits(changed), "\(changed)")
    }
  }

  @Test func acceptsTheIPv4ThatTheSystemAccepts() {
    var generator = SeededGenerator(label: "acceptsTheIPv4ThatTheSystemAccepts")
    let pieces = ["0", "1", "9", "25", "255", "256", ".", ".", ".", ".", "01"]
    for _ in 0..<50_000 {
      let count = Int.random(in: 3...9, using: &generator)
      let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      var storage = in_addr()
      let isValid = inet_pton(AF_INET, text, &storage) == 1
      #expect(
        IPv4Address(text)?.bits == (isValid ? UInt32(bigEndian: storage.s_addr) : nil), "\(text)")
    }
  }

  @Test func neverTrapsOnAnyBytes() {
    var generator = SeededGenerator(label: "neverTrapsOnAnyBytes")
    let alphabet = Array("0123456789abcdf:./-%# \0\u{e9}".utf8)
    for _ in 0..<100_000 {
      let count = Int.random(in: 0...24, using: &generator)
      let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      if let spec = try? parseAddressLiteral(bytes.span) {
        #expect((try? parseAddressLiteral(spec.description)) == spec)
      }
    }
  }
}

/// Each group zero, small or anything: runs of zeros are what printing is about.
private func sparseIPv6(_ generator: inout SeededGenerator) -> UInt128 {
  var bits: UInt128 = 0
  for _ in 0..<8 {
    let group: UInt16
    switch UInt8.random(in: 0..<6, using: &generator) {
    case 0, 1, 2: group = 0
    case 3: group = 0xffff
    case 4: group = .random(in: 0...15, using: &generator)
    default: group = .random(in: 0 ... .max, using: &generator)
    }
    bits = bits << 16 | UInt128(group)
  }
  return bits
}

private func systemText(_ bits: UInt128) -> String {
  var network = bits.bigEndian
  var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
  inet_ntop(AF_INET6, &network, &text, socklen_t(text.count))
  return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

private func systemBits(_ text: String) -> UInt128? {
  var network: UInt128 = 0
  guard inet_pton(AF_INET6, text, &network) == 1 else { return nil }
  return UInt128(bigEndian: network)
}
