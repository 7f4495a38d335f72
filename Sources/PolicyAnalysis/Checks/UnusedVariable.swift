import Diagnostics
import PolicyLanguage

extension Check {
  static let unusedVariable = Check(
    "FW209", "unused-variable",
    summary: "a variable that nothing refers to",
    explanation: """
      No value of the policy or of what it includes has `${name}`. A file that is included may once have
      asked for it under this name, or asks for it under another.

      As a name is at fault, no packet shows it; what else reads the file is not seen. Only variables of
      the policy's own `variables` are looked at, not those of a values file, which serves many
      policies. A variable has no `waive`: remove it. Source: conventions of this program.
      """,
    example: """
      fwpolicy: 1
      name: web1
      variables:
        admins: [192.0.2.0/28]
        admin: [198.51.100.0/24]
      inbound:
        - { allow: ssh, from: "${admins}" }
      """,
    fixed: """
      fwpolicy: 1
      name: web1
      variables:
        admins: [192.0.2.0/28]
      inbound:
        - { allow: ssh, from: "${admins}" }
      """,
    run: { context in
      context.written.unusedVariables.filter { context.isOwn($0.span) }.map { variable in
        Finding(
          "a variable should be used: nothing refers to `\(variable.value)`", at: variable.span,
          help: [.init("write `${\(variable.value)}` where it is meant, or remove it")])
      }
    })
}
