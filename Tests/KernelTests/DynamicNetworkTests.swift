import Deployment
import Foundation
import Kernel
import NetworkTypes
import Nftables
import Synchronization
import TestSupport
import Testing

/// Networks that are filled while they are in force.
@Suite struct DynamicNetworkTests {
  private func element(_ lower: UInt128, _ upper: UInt128, _ expires: UInt64? = nil) -> SetElement {
    SetElement(lower: lower, upper: upper, timeout: expires, expires: expires)
  }

  /// When each address of a small space leaves; nil where it is not there.
  private func times(_ elements: [SetElement]) -> [UInt64?] {
    (0..<UInt128(32)).map { address in
      elements.first { $0.lower <= address && address <= $0.upper }
        .map { $0.expires ?? $0.timeout ?? .max }
    }
  }

  private func after(_ edit: NetworkEdit, _ present: [SetElement]) -> [SetElement] {
    (present.filter { !edit.removed.contains($0) } + edit.added).sorted { $0.lower < $1.lower }
  }

  @Test func everyAddressStaysAtLeastAsLongAsSomebodyAsked() {
    var generator = SeededGenerator(label: "network edit")
    for _ in 0..<3000 {
      let present = randomContent(&generator)
      let asked = randomPrefixes(&generator)
      let timeout =
        Bool.random(using: &generator) ? UInt64.random(in: 1...9, using: &generator) : nil
      let edit = NetworkEdit(adding: asked, timeout: timeout, comment: nil, to: present)
      let result = after(edit, present)
      #expect(zip(result, result.dropFirst()).allSatisfy { $0.upper < $1.lower })
      #expect(edit.count == result.count)
      #expect(edit.answers.count == asked.count)
      let (before, now) = (times(present), times(result))
      for address in 0..<32 {
        let isAsked = asked.contains { $0.lower <= address && UInt128(address) <= $0.upper }
        let least = max(before[address] ?? 0, isAsked ? timeout ?? .max : 0)
        #expect((now[address] ?? 0) >= least)
        // Nothing enters that no element which overlaps with what is asked held.
        if now[address] != before[address] {
          let holder = result.first { $0.lower <= address && UInt128(address) <= $0.upper }
          #expect(
            asked.contains { ask in
              holder.map { $0.lower <= ask.upper && ask.lower <= $0.upper } ?? false
            })
        }
      }
      for (ask, answer) in zip(asked, edit.answers) {
        #expect(answer.element.lower <= ask.lower && ask.upper <= answer.element.upper)
        #expect(result.contains(answer.element))
      }
    }
  }

  @Test func whatIsRemovedIsGoneAndNothingElse() {
    var generator = SeededGenerator(label: "network removal")
    for _ in 0..<3000 {
      let present = randomContent(&generator)
      let asked = randomPrefixes(&generator)
      let edit = NetworkEdit(removing: asked, from: present)
      let result = after(edit, present)
      #expect(edit.count == result.count)
      let (before, now) = (times(present), times(result))
      for address in 0..<32 {
        let isAsked = asked.contains { $0.lower <= address && UInt128(address) <= $0.upper }
        #expect(now[address] == (isAsked ? nil : before[address]))
      }
      for (ask, answer) in zip(asked, edit.answers) {
        let wasThere = before.indices.contains(where: {
          ask.lower <= $0 && UInt128($0) <= ask.upper && before[$0] != nil
        })
        #expect((answer.outcome == .removed) == wasThere)
      }
    }
  }

  private func randomPrefixes(_ generator: inout SeededGenerator) -> [(
    lower: UInt128, upper: UInt128
  )] {
    (0..<Int.random(in: 1...4, using: &generator)).map { _ in
      let size = UInt128(1) << Int.random(in: 0...3, using: &generator)
      let lower = UInt128.random(in: 0..<32, using: &generator) / size * size
      return (lower, lower + size - 1)
    }
  }

  private func randomContent(_ generator: inout SeededGenerator) -> [SetElement] {
    var elements: [SetElement] = []
    var next: UInt128 = 0
    while next < 32 {
      next += UInt128.random(in: 0...6, using: &generator)
      let upper = min(31, next + UInt128.random(in: 0...5, using: &generator))
      if next > upper { break }
      elements.append(
        element(
          next, upper,
          Bool.random(using: &generator) ? UInt64.random(in: 1...9, using: &generator) : nil))
      next = upper + 1
    }
    return elements
  }

  @Test func aRemovalSaysHowManyEntriesItTouchedAndWhetherOneHeldItAll() {
    let present = [element(1, 1), element(4, 7), element(9, 9)]
    let edit = NetworkEdit(removing: [(0, 7), (5, 6), (6, 8), (4, 7)], from: present)
    #expect(edit.answers.map(\.touched) == [2, 1, 1, 1])
    #expect(edit.answers.map(\.isWithin) == [false, true, false, true])
    #expect(edit.answers[0].element == present[0])
  }

  @Test func aTicketOfTheSameEntryTakesTheOldOnesPlace() throws {
    var there = element(4, 7, 100)
    there.comment = "ticket A"
    let same = NetworkEdit(adding: [(4, 7)], timeout: 50, comment: "ticket A", to: [there])
    #expect(same.added.isEmpty && same.answers[0].outcome == .present)
    let other = NetworkEdit(adding: [(4, 7)], timeout: 50, comment: "ticket B", to: [there])
    #expect(other.answers[0].outcome == .extended)
    #expect(other.added.map(\.comment) == ["ticket B"])
    #expect(other.added.map(\.expires) == [100])
    let wider = NetworkEdit(adding: [(0, 7)], timeout: 50, comment: nil, to: [there])
    #expect(wider.answers[0].outcome == .added && wider.answers[0].replaced == 1)
    #expect(wider.added.map(\.comment) == ["ticket A"])
  }

  // MARK: - In the kernel

  private func namespace() throws -> NetworkNamespace {
    let namespace = try NetworkNamespace()
    try namespace.run(
      ["nft", "-f", "-"],
      input: """
        table inet t {
          set net-cut-4 { type ipv4_addr; flags interval, timeout; size 4; timeout 7d; comment "network a-long-name"; }
          set net-cut-6 { type ipv6_addr; flags interval, timeout; size 4; timeout 7d; comment "network a-long-name"; }
          set net-q-4 { type ipv4_addr; flags interval, timeout; }
          set net-pool-4 { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 }; }
          set limit-x-4 { type ipv4_addr; flags dynamic, timeout; timeout 60s; size 9; }
        }

        """)
    return namespace
  }

  private func addresses(_ texts: [String]) throws -> [AddressSpec] {
    try texts.map { try parseAddressLiteral($0) }
  }

  @Test func theTableSaysWhatNetworksThereAre() throws {
    let networks = try namespace().enter { try DynamicNetwork.all(inTable: "t", NetlinkSocket()) }
    #expect(networks.map(\.name) == ["a-long-name", "q"])
    #expect(networks[0].ipv4?.name == "net-cut-4" && networks[0].ipv6?.name == "net-cut-6")
    #expect(networks[1].ipv6 == nil)
  }

  /// It waits, and nothing else.
  @Test func waitingForACommitChangesNothing() throws {
    try namespace().enter {
      let socket = try NetlinkSocket()
      let before = try Dump.generation(socket)
      for _ in 0..<3 { try Dump.settle(socket) }
      #expect(try Dump.generation(socket) == before)
      #expect(try DynamicNetwork.all(inTable: "t", socket).count == 2)
    }
  }

  /// The kernel walks a set without a lock: what goes and what takes its place may both be listed.
  @Test func aSetIsReadWholeWhileOthersCommit() throws {
    let namespace = try namespace()
    let isDone = Atomic(false)
    let writers = DispatchGroup()
    for number in 0..<2 {
      Thread.inGroup(writers) {
        try? namespace.enter {
          let socket = try NetlinkSocket()
          let network = try #require(try DynamicNetwork.all(inTable: "t", socket).last)
          let asked = try addresses((0..<40).map { "192.0.2.\(2 * $0)" })
          var round: UInt64 = 0
          while !isDone.load(ordering: .relaxed) {
            round += 1
            // A longer time replaces the element by another with the same key.
            _ = try network.edit(
              asked, .add(timeout: (round * 2 + UInt64(number)) * 60_000, comment: nil), socket)
          }
        }
      }
    }
    defer {
      isDone.store(true, ordering: .relaxed)
      writers.wait()
    }
    try namespace.enter {
      let socket = try NetlinkSocket()
      let set = try #require(try DynamicNetwork.all(inTable: "t", socket).last?.ipv4)
      let deadline = ContinuousClock.now + .seconds(2)
      while ContinuousClock.now < deadline {
        let count = try Dump.content(of: set, inTable: "t", socket).count
        #expect(count == 0 || count == 40)
      }
    }
  }

  @Test func bothFamiliesEnterAndLeaveTogether() throws {
    let namespace = try namespace()
    try namespace.enter {
      let socket = try NetlinkSocket()
      let network = try #require(try DynamicNetwork.all(inTable: "t", socket).first)
      let asked = try addresses(["192.0.2.7", "2001:db8::/64", "192.0.2.7", "198.51.100.0/24"])
      let answers = try network.edit(asked, .add(timeout: 7_200_000, comment: "ticket N"), socket)
      #expect(answers.map(\.outcome) == [.added, .added, .added, .added])
      let again = try network.edit(asked, .add(timeout: 60_000, comment: nil), socket)
      #expect(again.allSatisfy { $0.outcome == .present })
      let four = try #require(network.ipv4)
      #expect(
        try Dump.content(of: four, inTable: "t", socket).map(\.comment) == ["ticket N", "ticket N"])
      #expect(throws: DynamicNetwork.Refusal.full(.ipv4, holds: 2, more: 3, capacity: 4)) {
        _ = try network.edit(
          try addresses(["203.0.113.1", "203.0.113.3", "203.0.113.5"]),
          .add(timeout: nil, comment: nil), socket)
      }
      #expect(try Dump.content(of: four, inTable: "t", socket).count == 2)
      let gone = try network.edit(try addresses(["192.0.2.7", "192.0.2.8"]), .remove, socket)
      #expect(gone.map(\.outcome) == [.removed, .absent])
      let networks = try DynamicNetwork.all(inTable: "t", socket)
      #expect(throws: DynamicNetwork.Refusal.noFamily(.ipv6)) {
        _ = try networks[1].edit(
          try addresses(["2001:db8::1"]), .add(timeout: nil, comment: nil), socket)
      }
    }
    #expect(
      try namespace.run(["nft", "list", "set", "inet", "t", "net-cut-4"]).contains(
        "elements = { 198.51.100.0/24 timeout 2h expires"))
  }
}

extension Thread {
  fileprivate static func inGroup(_ group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
    group.enter()
    Thread {
      body()
      group.leave()
    }.start()
  }
}
