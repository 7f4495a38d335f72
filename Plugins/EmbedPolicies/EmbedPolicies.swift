import PackagePlugin

/// Turns the files of Policies/ into Swift source, so that a copied binary carries them.
@main
struct EmbedPolicies: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let policies = context.package.directoryURL.appending(path: "Policies")
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedPolicies.swift")
    let inputs = try FileList(under: policies).files
    return [
      .buildCommand(
        displayName: "Embedding Policies/",
        executable: try context.tool(named: "embed-policies").url,
        arguments: [policies.path(percentEncoded: false), output.path(percentEncoded: false)],
        inputFiles: inputs, outputFiles: [output])
    ]
  }
}
