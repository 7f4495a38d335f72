import Nftables
import Testing

@testable import Kernel

/// Expressions that no version of nft puts together so, but the kernel would run.
@Suite struct ExpressionDecodingTests {
  private typealias Expression = (name: String, data: [UInt8])

  private static func expression(
    _ name: String, _ numbers: KeyValuePairs<UInt16, UInt32>, value: (UInt16, [UInt8])? = nil
  ) -> Expression {
    var buffer = MessageBuffer()
    for (type, number) in numbers { buffer.attribute(type, number) }
    if let (type, bytes) = value { buffer.nested(type) { $0.attribute(1, bytes: bytes) } }
    return (name, buffer.bytes)
  }

  private static func meta(_ key: UInt32, to register: UInt32) -> Expression {
    expression("meta", [1: register, 2: key])
  }

  private static func compare(_ register: UInt32, _ bytes: [UInt8]) -> Expression {
    expression("cmp", [1: register, 2: 0], value: (3, bytes))
  }

  private static let count: Expression = {
    var buffer = MessageBuffer()
    buffer.attribute(1, UInt32(1))
    buffer.attribute(2, "c")
    return ("objref", buffer.bytes)
  }()

  private static func decode(_ expressions: [Expression]) -> Result<[Statement], Undecodable> {
    do throws(Undecodable) {
      var decoder = RuleDecoder(sets: DecodedSets())
      for expression in expressions { try decoder.decode(expression.name, expression.data[...]) }
      try decoder.finish()
      return .success(decoder.statements)
    } catch {
      return .failure(error)
    }
  }

  private static func reason(_ expressions: [Expression]) -> String? {
    if case .failure(let error) = decode(expressions) { error.reason } else { nil }
  }

  @Test func aValueMayBeLookedAtTwiceAndFromAnyRegister() throws {
    let statements = try Self.decode([
      Self.meta(16, to: 2), Self.meta(15, to: 9), Self.compare(2, [6]), Self.compare(9, [2]),
      Self.count, Self.compare(2, [6]),
    ]).get()
    #expect(
      statements == [
        .compare(.l4Proto, .equal, 6), .compare(.nfProto, .equal, 2), .counter("c"),
        .compare(.l4Proto, .equal, 6),
      ])
  }

  @Test func aRegisterThatWasLoadedOverIsNotReadAsBefore() {
    // A name takes registers 8 to 11, so that the one number stands inside the other's place.
    #expect(
      Self.reason([Self.meta(6, to: 1), Self.meta(16, to: 10), Self.compare(1, [UInt8](0..<16))])
        == "reads a register of which a part was loaded over")
    #expect(
      Self.reason([Self.meta(6, to: 1), Self.compare(10, [6])])
        == "reads a register that nothing was loaded into")
    #expect(Self.reason([Self.compare(1, [6])]) == "reads a register that nothing was loaded into")
  }

  /// A packet without a socket ends the rule at the load.
  @Test func aLoadIsNoLongerWayFromItsUse() {
    #expect(
      Self.reason([Self.meta(10, to: 1), Self.count, Self.compare(1, [1, 0, 0, 0])])
        == "has an effect between the load of a value and its use")
    #expect(Self.reason([Self.meta(10, to: 1)]) == "loads a value that nothing looks at")
    #expect(
      Self.reason([Self.meta(10, to: 1), Self.meta(16, to: 1), Self.compare(1, [6])])
        == "loads a value that nothing looks at")
  }

  @Test func registersAndAttributesThatAreNotKnownAreRefused() {
    for register: UInt32 in [0, 5, 7, 24, .max] {
      #expect(
        Self.reason([Self.meta(16, to: register)])
          == "uses register \(register), which is not known")
    }
    #expect(Self.reason([Self.meta(6, to: 21)]) == "loads more than the registers hold")
    #expect(
      Self.reason([Self.expression("meta", [1: 1, 2: 16, 4: 0])])
        == "has attribute 4, which is not known")
    #expect(Self.reason([Self.expression("meta", [1: 1, 1: 1, 2: 16])]) == "is not well-formed")
    #expect(Self.reason([("meta", [])]) == "is not well-formed")
  }

  @Test func valuesOfOtherLengthsAreRefused() {
    for bytes: [UInt8] in [[6, 0], [6, 0, 0, 0]] {
      #expect(
        Self.reason([Self.meta(16, to: 1), Self.compare(1, bytes)])
          == "compares in a way that is not known")
    }
    #expect(Self.reason([Self.meta(16, to: 1), Self.compare(1, [])]) == "is not well-formed")
  }
}
