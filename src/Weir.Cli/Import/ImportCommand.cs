using System.CommandLine;
using Weir.Server;

namespace Weir.Cli.Import;

/// <summary><c>weir import envoy PATH</c>: writes a configuration of Envoy as a policy document.</summary>
internal static class ImportCommand
{
    public const string Envoy = "envoy";

    public static Command Create()
    {
        var path = new Argument<string>("path") { Description = "A file, or a folder of YAML files." };
        var merge = new Option<bool>("--merge-domains") { Description = "Several files may have one domain." };
        var envoy = new Command(Envoy, "From the configuration of envoyproxy/ratelimit.") { path, merge };
        envoy.SetAction((parsed, cancellation) => RunAsync(parsed, parsed.GetValue(path)!, parsed.GetValue(merge)));
        return new Command("import", "Write the limits of another limiter as a policy document.") { envoy };
    }

    private static async Task<int> RunAsync(ParseResult parsed, string path, bool mergeDomains)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        try
        {
            var imported = EnvoyImport.Of(EnvoyFiles.Load(path, mergeDomains));
            await output.WriteAsync(imported.Document).ConfigureAwait(false);
            foreach (string note in imported.Notes)
                await error.WriteLineAsync(note).ConfigureAwait(false);
            return imported.Notes.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (PolicyException wrong)
        {
            await error.WriteLineAsync(wrong.Message).ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }
}
