import PolicyLanguage

/// Something that ends by itself.
struct Expiry {
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
          what: "rule `\(rule(at: place).name)`", time: $0,
          owner: declaration.metadata.owner?.value ?? "owner", waivers: declaration.waivers)
      }
    }
    let gate = written.smtpEgress
    let entries = (gate?.allow ?? []).compactMap { entry -> Expiry? in
      entry.expires.map {
        Expiry(
          what: "an exception of `smtp-egress`", time: $0,
          owner: entry.metadata.owner?.value ?? "owner",
          waivers: entry.waivers + (gate?.waivers ?? []))
      }
    }
    return rules + entries
  }
}
