import Deployment
import Diagnostics
import Evidence
import Kernel
import NetworkTypes
import PolicyAnalysis
import PolicyLanguage

/// What `apply --cut-closed` has ended, and what it could not tell.
struct CutReport {
  let cut: FlowCut.Report
  let isDryRun: Bool
  let places: QueryPlaces
  /// Whose a source is; nil where nothing is told of any connection.
  private let directory: AddressDirectory?

  init(cut: FlowCut.Report, isDryRun: Bool, policy: ResolvedPolicy, places: QueryPlaces) {
    self.cut = cut
    self.isDryRun = isDryRun
    self.places = places
    directory =
      cut.closed.isEmpty && cut.unclear.isEmpty
      ? nil
      : AddressDirectory(of: policy) { span in
        let place = places.place(of: span)
        return Place(file: place.file, line: place.line)
      }
  }

  var text: String {
    let count = cut.closed.count
    var text =
      "\(isDryRun ? "would cut" : "cut") \(count) of \(cut.examined) "
      + "\(cut.examined == 1 ? "connection" : "connections")"
    let back = cut.closed.count(where: \.comesBack)
    if back > 0 {
      text +=
        ", \(back == count ? "all" : "\(back)") of which may go on by what the other end sends"
    }
    text += "\n"
    for flow in cut.closed {
      text += "  " + words(of: flow) + (outcome(flow.deletion).map { ": \($0)" } ?? "") + "\n"
      text += owner(of: flow)
      if let allowedBy = flow.allowedBy, let now = flow.now {
        text +=
          "    was let in by \(allowedBy.visible)"
          + (flow.passedBy.map { ", past the gate by \($0.visible)" } ?? "")
          + "\n    now: \(now.verdict.keyword) by \(now.words)"
        text += (now.span.map { " " + places.citation(of: $0) } ?? "") + "\n"
      }
      if flow.comesBack {
        text += "    may go on: the other end's packets are let in"
        if let by = flow.comesBackBy {
          text += " by \(by.words)" + (by.span.map { " " + places.citation(of: $0) } ?? "")
        }
        text += "\n"
      }
    }
    if !cut.unclear.isEmpty {
      text +=
        "left \(cut.unclear.count), of which it cannot be told by which interfaces they go, or who sends:\n"
      for flow in cut.unclear { text += "  " + words(of: flow) + "\n" + owner(of: flow) }
    }
    return text
  }

  var json: JSONText {
    .object([
      "examined": .number(cut.examined),
      "closed": .array(
        cut.closed.map { flow in
          .object(
            members(of: flow) + [
              .init(
                "outcome", .string(outcome(flow.deletion) ?? (isDryRun ? "would be cut" : "cut")))
            ] + (flow.allowedBy.map { [.init("allowedBy", .string($0))] } ?? [])
              + (flow.passedBy.map { [.init("pastGate", .string($0))] } ?? [])
              + (flow.now.map { [.init("now", json($0))] } ?? [])
              + [.init("comesBack", .bool(flow.comesBack))]
              + (flow.comesBackBy.map { [.init("comesBackBy", json($0))] } ?? []))
        }),
      "unclear": .array(cut.unclear.map { .object(members(of: $0)) }),
    ])
  }

  private func subject(of flow: FlowCut.Flow) -> AddressSubject? {
    switch flow.entry.original.addresses {
    case .ipv4(let source, _): directory?.subject(of: source)
    case .ipv6(let source, _): directory?.subject(of: source)
    }
  }

  /// A line that says whose the source is in the new policy; nothing where it is nobody's.
  private func owner(of flow: FlowCut.Flow) -> String {
    subject(of: flow).map { "    of \($0.words) \($0.place)".visible + "\n" } ?? ""
  }

  private func words(of flow: FlowCut.Flow) -> String {
    "\(flow.words) \(flow.ways.path.rawValue) \(flow.interfaces)".visible
  }

  /// Nil of what was deleted, or would be.
  private func outcome(_ deletion: Conntrack.Deletion?) -> String? {
    switch deletion {
    case .deleted, nil: nil
    case .gone: "gone already"
    case .refused(let errno): "refused (errno \(errno))"
    }
  }

  private func members(of flow: FlowCut.Flow) -> [JSONText.Member] {
    let tuple = flow.entry.original
    let ends = tuple.addresses.ends
    var members: [JSONText.Member] = [
      .init("hook", .string(flow.ways.path.rawValue)),
      .init("protocol", .string(tuple.ipProtocol.name ?? "proto/\(tuple.ipProtocol.number)")),
      .init("source", .string(ends.source)),
    ]
    if let port = tuple.sourcePort { members.append(.init("sourcePort", .number(Int(port)))) }
    members.append(.init("destination", .string(ends.destination)))
    if let port = tuple.destinationPort {
      members.append(.init("destinationPort", .number(Int(port))))
    }
    if let type = tuple.icmpType { members.append(.init("icmpType", .number(Int(type)))) }
    if let subject = subject(of: flow) { members.append(.init("from", subject.json)) }
    return members + [
      .init("in", .array(flow.ways.inputs.map { .string($0) })),
      .init("out", .array(flow.ways.outputs.map { .string($0) })),
    ]
  }

  private func json(_ side: TrafficDifference.Side) -> JSONText {
    let place = side.span.map { places.place(of: $0) }
    return .object([
      "verdict": .string(side.verdict.keyword), "decidedBy": .string(side.words),
      "name": side.name.map { .string($0) }, "file": place.map { .string($0.file) },
      "line": place.map { .number($0.line) },
    ])
  }
}
