package import Diagnostics
package import Kernel
package import PolicyLanguage

extension Diagnostic {
  /// A policy whose log nobody but the kernel hears.
  package static func noLogGroup(
    in policy: ResolvedPolicy, logsToKernel: Bool
  ) -> Diagnostic {
    Diagnostic(
      .noLogGroup, .error, "a policy that is watched must log to a group", at: policy.nameSpan,
      notes: [
        logsToKernel
          ? "it logs to the kernel's own log only, which `dmesg` and `journalctl -k` show"
          : "it logs nothing"
      ],
      help: [
        Diagnostic.Help(
          "write `defaults: { log: { to: group 5 } }`, apply the policy, and watch again")
      ])
  }
}

extension LogSubscription.Failure {
  /// What to tell whoever wanted to watch.
  package var diagnostic: Diagnostic {
    switch self {
    case .groupTaken(let group):
      return Diagnostic(
        .logGroupTaken, .error, "a log group has one reader: group \(group) is another program's",
        at: nil,
        help: [
          Diagnostic.Help(
            "end the other one (ulogd, another `fwpolicy watch`), or log to a group of its own")
        ])
    case .netlink(.notPermitted):
      return Diagnostic(
        .notPermitted, .error, "hearing the kernel's log needs CAP_NET_ADMIN", at: nil,
        help: [Diagnostic.Help("run as root, or give the program CAP_NET_ADMIN")])
    case .netlink(let error):
      return Diagnostic(
        .kernelTrouble, .error, "the kernel's log could not be read: \(error)", at: nil)
    }
  }
}
