import Nftables
package import PolicyLanguage

/// What a monitoring system wants to know of a running ruleset.
package struct Metrics: Sendable {
  /// A set that is filled while it is in force.
  package struct SetFill: Hashable, Sendable {
    package var set: String
    package var used: Int
    package var size: UInt32?

    package init(set: String, used: Int, size: UInt32?) {
      self.set = set
      self.used = used
      self.size = size
    }
  }

  package var policy: ResolvedPolicy
  package var digest: String
  package var isCurrent: Bool
  package var generation: UInt32
  package var counters: CounterReport
  /// By family: `ipv4`, `ipv6`.
  package var offenders: [(family: String, sources: Int)]
  package var sets: [SetFill]
  package var now: Timestamp

  package init(
    policy: ResolvedPolicy, digest: String, isCurrent: Bool, generation: UInt32,
    counters: CounterReport, offenders: [(family: String, sources: Int)], sets: [SetFill],
    now: Timestamp
  ) {
    self.policy = policy
    self.digest = digest
    self.isCurrent = isCurrent
    self.generation = generation
    self.counters = counters
    self.offenders = offenders
    self.sets = sets
    self.now = now
  }

  /// Seconds until the next rule, exception or inventory row expires; nil where none will.
  private var nextExpiry: Int64? {
    let rules = policy.inbound.rules + (policy.forward?.rules ?? []) + policy.outbound.rules
    let gate = policy.smtpEgress
    var next: Timestamp?
    func look(_ expires: Timestamp?) {
      guard let expires, expires > now, next.map({ expires < $0 }) != false else { return }
      next = expires
    }
    for rule in rules { look(rule.expires) }
    for allow in gate?.allow ?? [] { look(allow.expires) }
    for subnet in gate?.subnets ?? [] { look(subnet.expires) }
    return next.map { $0.seconds - now.seconds }
  }

  package var text: String {
    var text = OpenMetricsText()
    text.family("fwpolicy_policy_info", .gauge, help: "The policy that was asked about; always 1.")
    text.sample(
      "fwpolicy_policy_info",
      ["name": policy.name, "table": policy.table, "digest": digest], "1")
    text.family(
      "fwpolicy_policy_current", .gauge,
      help: "Whether the kernel runs this version of the policy.")
    text.sample("fwpolicy_policy_current", [:], isCurrent ? "1" : "0")
    text.family(
      "fwpolicy_ruleset_generation", .gauge, help: "Counted up by every change of the ruleset.")
    text.sample("fwpolicy_ruleset_generation", [:], "\(generation)")
    if let nextExpiry {
      text.family(
        "fwpolicy_next_expiry_seconds", .gauge, unit: "seconds",
        help: "Until the next rule, exception or inventory row expires.")
      text.sample("fwpolicy_next_expiry_seconds", [:], "\(nextExpiry)")
    }
    count(in: &text)
    if !offenders.isEmpty {
      text.family("fwpolicy_offenders", .gauge, help: "Sources that the gate remembers stopping.")
    }
    for (family, sources) in offenders {
      text.sample("fwpolicy_offenders", ["family": family], "\(sources)")
    }
    text.family("fwpolicy_set_used", .gauge, help: "Entries of a set that is filled in force.")
    for set in sets { text.sample("fwpolicy_set_used", ["set": set.set], "\(set.used)") }
    text.family("fwpolicy_set_size", .gauge, help: "Entries that such a set has room for.")
    for set in sets {
      if let size = set.size { text.sample("fwpolicy_set_size", ["set": set.set], "\(size)") }
    }
    return text.text
  }

  private func count(in text: inout OpenMetricsText) {
    for (unit, value) in [("packets", \CounterReport.Line.value.packets), ("bytes", \.value.bytes)]
    {
      let name = "fwpolicy_counter_\(unit)"
      text.family(name, .counter, unit: unit, help: "Counted by a rule or a fixed step.")
      for line in counters.lines where line.kind != .subnet {
        text.sample(
          "\(name)_total",
          ["kind": line.kind.rawValue, "name": line.name, "counter": line.counter],
          "\(line[keyPath: value])")
      }
      let subnet = "fwpolicy_subnet_\(unit)"
      text.family(
        subnet, .counter, unit: unit, help: "Stopped by the gate, by row of the inventory.")
      for line in counters.lines {
        guard let row = counters.subnet(of: line) else { continue }
        text.sample(
          "\(subnet)_total",
          ["name": row.name, "prefix": "\(row.prefix)", "owner": row.owner ?? ""],
          "\(line[keyPath: value])")
      }
    }
  }
}
