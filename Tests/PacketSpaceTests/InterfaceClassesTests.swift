import NetworkTypes
import PacketSpace
import Testing

struct InterfaceClassesTests {
  private let classes = InterfaceClasses(
    exact: ["eth0", "br-lan", "br"], stems: ["br", "br-", "bng", "eth"])

  @Test func numbersTheEmptyNameAndAllOthers() {
    #expect(classes.classOf("") == InterfaceClasses.none)
    #expect(classes.classOf("wlan0") == InterfaceClasses.other)
    #expect(classes.name(of: InterfaceClasses.none) == "")
    #expect(classes.classOf("lo") > InterfaceClasses.other)
    // none, other, four exact names with lo, four stems.
    #expect(classes.count == 10)
  }

  @Test func exactNamesComeBeforeStemsAndLongStemsBeforeShort() {
    #expect(classes.name(of: classes.classOf("br-lan")) == "br-lan")
    #expect(classes.name(of: classes.classOf("br")) == "br")
    #expect(classes.classOf("br-wan") == classes.classOf("br-x"))
    #expect(classes.classOf("br-wan") != classes.classOf("br0"))
    #expect(classes.classOf("br-lan0") == classes.classOf("br-wan"))
    #expect(classes.classOf("eth01") == classes.classOf("eth9"))
    #expect(classes.classOf("eth01") != classes.classOf("eth0"))
    #expect(classes.classOf("et") == InterfaceClasses.other)
  }

  @Test func patternsHoldTheClassesOfAllTheirNames() {
    for name in ["br", "br-", "br-lan", "br0", "brx", "br-7", "eth0", "eth", "lo", "wlan0", "bng1"]
    {
      for stem in ["br", "br-", "bng", "eth"] {
        let matched = classes.classes(matching: stem, isWildcard: true)
        #expect(matched.contains(classes.classOf(name)) == name.hasPrefix(stem), "\(name) \(stem)*")
      }
    }
    #expect(
      classes.classes(matching: "br-lan", isWildcard: false)
        == IntervalSet(classes.classOf("br-lan")))
  }

  @Test func namedIsEveryClassButTheEmptyName() {
    for number in 0..<UInt32(classes.count) {
      #expect(classes.named.contains(number) == (number != InterfaceClasses.none))
    }
    #expect(!classes.named.contains(UInt32(classes.count)))
  }

  @Test(arguments: [
    InterfaceClasses(exact: ["eth0", "br-lan", "br"], stems: ["br", "br-", "bng", "eth"]),
    // Every digit behind the stem is another stem's.
    InterfaceClasses(exact: [], stems: ["br"] + (0...9).map { "br\($0)" }),
    // The usual name of the others is taken, by a name, a stem and a longer stem.
    InterfaceClasses(exact: (0...70).map { "if\($0)" }, stems: []),
    InterfaceClasses(exact: [], stems: ["if"]),
    InterfaceClasses(exact: ["0"], stems: ["i", "1"]),
    InterfaceClasses(exact: [], stems: ["fifteen-bytes-a", "fourteen-bytes"]),
    InterfaceClasses(exact: ["fourteen-bytes0", "fourteen-bytes"], stems: ["fourteen-bytes"]),
  ])
  func namesAreFreshShortAndOfTheirClass(classes: InterfaceClasses) {
    var names: Set<String> = []
    for number in 0..<UInt32(classes.count) {
      let name = classes.name(of: number)
      #expect(classes.classOf(name) == number, "\(name)")
      #expect(name.utf8.count <= 15)
      names.insert(name)
    }
    #expect(names.count == classes.count)
  }

  @Test func classesWithoutAShortNameStillHaveOne() {
    let full = InterfaceClasses(exact: ["fifteen-bytes-a"], stems: ["fifteen-bytes-a"])
    let stem = UInt32(full.count - 1)
    #expect(full.name(of: stem) == "fifteen-bytes-a0")
    #expect(full.classOf(full.name(of: stem)) == stem)
  }

  @Test func aPatternOfEverythingLeavesNoOthers() {
    let classes = InterfaceClasses(exact: ["eth0"], stems: [""])
    #expect(classes.classOf("wlan0") == UInt32(classes.count - 1))
    #expect(classes.classes(matching: "", isWildcard: true) == classes.named)
    #expect(!classes.name(of: InterfaceClasses.other).isEmpty)
  }

  @Test func manyNamesAreSortedOutInGoodTime() {
    let stems = (0..<5_000).map { "s\($0)-" }
    let classes = InterfaceClasses(exact: (0..<5_000).map { "e\($0)" }, stems: stems)
    for (index, stem) in stems.enumerated() {
      #expect(classes.classes(matching: stem, isWildcard: true).intervals.count == 1)
      if index % 50 == 0 {
        let number = classes.classOf(stem + "x")
        #expect(classes.classOf(classes.name(of: number)) == number)
      }
    }
  }
}
