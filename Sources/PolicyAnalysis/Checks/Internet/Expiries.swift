import NetworkTypes
import PacketSpace
import PolicyLanguage

/// Something that ends by itself.
struct Expiry {
  enum Subject {
    case rule(RulePlace)
    /// By its index among the gate's.
    case exception(Int)
  }

  var subject: Subject
  /// For messages: "rule `x`".
  var what: String
  var time: Located<Timestamp>
  /// Whom to tell.
  var owner: String
  var waivers: [Waiver]
}

extension CheckContext {
  /// Everything with an `expires`: rules, then exceptions of the gate.
  var expiries: [Expiry] {
    let rules = rulePlaces.compactMap { place -> Expiry? in
      let declaration = declaration(of: place)
      return declaration.expires.map {
        Expiry(
          subject: .rule(place), what: "rule `\(rule(at: place).name)`", time: $0,
          owner: declaration.metadata.owner?.value ?? "owner", waivers: declaration.waivers)
      }
    }
    let gate = written.smtpEgress
    let entries = (gate?.allow ?? []).enumerated().compactMap { index, entry -> Expiry? in
      entry.expires.map {
        Expiry(
          subject: .exception(index), what: "an exception of `smtp-egress`", time: $0,
          owner: entry.metadata.owner?.value ?? "owner",
          waivers: entry.waivers + (gate?.waivers ?? []))
      }
    }
    return rules + entries
  }

  /// A packet that it decides, or decided, for a check.
  func example(of expiry: Expiry, for name: String) throws(PacketSpaceError) -> String? {
    switch expiry.subject {
    case .rule(let place): return try exampleOfFirst(name, ofRule: place)
    case .exception(let index):
      let span = written.smtpEgress?.allow[index].span
      guard let entry = policy.smtpEgress?.allow.first(where: { $0.span == span }),
        showsExample(for: name)
      else { return nil }
      return try exampleOfExemptMail(from: entry.from.addresses, to: entry.to, asOf: nil)
    }
  }
}
