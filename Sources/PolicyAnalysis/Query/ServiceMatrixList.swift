import PacketSpace
import PolicyLanguage

extension ServiceMatrix {
  /// What passes on one way, where the zones are too many for a table.
  package struct List: Sendable {
    package var path: Packet.Path
    /// Every zone; nil is interfaces that belong to none.
    package var ends: [String?]
    /// Between two ends there may be several; whatever is in none of them does not pass.
    package var entries: [Entry]
    /// What is let pass, in the policy's words, with who lets it.
    package var parts: [QueryAnswer.Part]
  }

  /// Services that fare alike, between ends that fare alike.
  package struct Entry: Hashable, Sendable {
    /// Zones that packets come from, in the policy's order; empty outbound.
    package var from: [String?]
    /// Zones that packets leave for; empty inbound.
    package var to: [String?]
    /// Services that pass whole.
    package var whole: [Service]
    /// Services of which a part passes.
    package var partial: [Service]
  }

  /// What a row of a list names; a row of a table has the same.
  package struct Service: Hashable, Sendable {
    /// A name or a literal; nil for everything that no other entry of the list is about.
    package var name: String?
    package var isPublished: Bool

    package init(name: String?, isPublished: Bool) {
      self.name = name
      self.isPublished = isPublished
    }
  }
}

extension PolicyQuestions {
  /// What passes on a path; nil for nothing.
  ///
  /// Ends from which the same passes are told together, then services that pass between the same
  /// ends. So there are at most as many entries as services times zones, and mostly no more than rules.
  func list(
    _ reach: ReachByZone, _ path: Packet.Path, _ everywhere: TrafficSelection
  ) throws(PacketSpaceError) -> ServiceMatrix.List? {
    var entries: [Ends: (whole: [ServiceMatrix.Service], partial: [ServiceMatrix.Service])] = [:]
    for service in reach.services {
      let word = ServiceMatrix.Service(name: service.name, isPublished: service.isPublished)
      for wanted in [ServiceMatrix.Reach.everything, .part] {
        var outputs: [[Int]: [Int]] = [:]
        for output in path == .forward ? Array(reach.ends.indices) : [0] {
          let far = reach.ends.indices.filter { service.reach($0, output) == wanted }
          if !far.isEmpty { outputs[far, default: []].append(output) }
        }
        for (far, outputs) in outputs {
          let ends = Ends(far: far, outputs: outputs)
          if wanted == .everything {
            entries[ends, default: ([], [])].whole.append(word)
          } else {
            entries[ends, default: ([], [])].partial.append(word)
          }
        }
      }
    }
    if entries.isEmpty { return nil }
    let names = reach.ends.map { $0.map { policy.zones[$0].name.value } }
    let sorted = entries.sorted { $0.key < $1.key }
    return ServiceMatrix.List(
      path: path, ends: names,
      entries: sorted.map { ends, services in
        let far = ends.far.map { names[$0] }
        return ServiceMatrix.Entry(
          from: path == .outbound ? [] : far,
          to: path == .inbound ? [] : path == .outbound ? far : ends.outputs.map { names[$0] },
          whole: services.whole, partial: services.partial)
      }, parts: try acceptedParts(everywhere))
  }

  private struct Ends: Hashable, Comparable {
    var far: [Int]
    var outputs: [Int]

    /// By where packets leave for, then by where they come from; many before few.
    static func < (a: Ends, b: Ends) -> Bool {
      if a.outputs != b.outputs { return isBefore(a.outputs, b.outputs) }
      return isBefore(a.far, b.far)
    }

    private static func isBefore(_ a: [Int], _ b: [Int]) -> Bool {
      a.count == b.count ? a.lexicographicallyPrecedes(b) : a.count > b.count
    }
  }
}
