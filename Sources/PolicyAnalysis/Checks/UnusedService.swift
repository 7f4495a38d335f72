import Diagnostics
import PolicyLanguage

extension Check {
  static let unusedService = Check(
    "FW208", "unused-service",
    summary: "a service that nothing names",
    explanation: """
      No rule, test or other service names it. A rule that should name it may name another, or the ports
      themselves.

      As a name is at fault, no packet shows it; what else reads the file is not seen. Only services of
      the policy's own file are looked at: what several policies include, one may leave aside. A service
      has no `waive`: remove it. Source: conventions of this program.
      """,
    example: """
      fwpolicy: 1
      name: app1
      services:
        app: [tcp/8443]
        app-admin: tcp/9443
      inbound:
        - { allow: app }
      """,
    fixed: """
      fwpolicy: 1
      name: app1
      services:
        app: [tcp/8443]
      inbound:
        - { allow: app }
      """,
    run: { context in
      let uses = context.nameUses
      return context.written.services.filter {
        !$0.isBuiltIn && !uses.services.contains($0.name.value) && context.isOwn($0.name.span)
      }.map { service in
        Finding(
          "a service should be used: nothing names `\(service.name.value)`", at: service.name.span,
          help: [.init("name it in a rule, or remove it")])
      }
    })
}
