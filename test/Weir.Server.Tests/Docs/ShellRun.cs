using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Docs;

/// <summary>
/// Runs the shell blocks of a page as a reader would, from a folder that looks like a clone. Ports are free ones, and
/// <c>dotnet run</c> starts the server that was built with the tests.
/// </summary>
internal static partial class ShellRun
{
    private static readonly string[] Ports = ["3000", "3001", "6379", "8080", "8081", "9090"];

    /// <summary>
    /// Functions of the shell that stand in front of programs: <c>kill</c> waits until the job is gone, as a reader does
    /// without noticing. Each process in the background ends with the shell, however that ends.
    /// </summary>
    private const string Prelude = """
        set -e
        export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_NOLOGO=1 XDG_DATA_HOME=$PWD/data
        # Redis decides on a busy machine, too, as it does at a reader's.
        export Weir__Redis__DeadlineMs=2000
        mkdir data
        kept=$PWD/kept
        touch "$kept"
        # Ends the processes that the page has left, and waits for them.
        finish() {
          while read -r left; do
            builtin kill "$left" 2>/dev/null || continue
            for _ in $(seq 100); do builtin kill -0 "$left" 2>/dev/null || break; sleep 0.05; done
          done <"$kept"
        }
        trap finish EXIT
        # Ends a process when this shell has ended, also if it was killed.
        keep() {
          echo "$1" >>"$kept"
          (while builtin kill -0 $$ 2>/dev/null; do sleep 0.2; done
           builtin kill "$1" 2>/dev/null && sleep 1 && builtin kill -KILL "$1" 2>/dev/null) >/dev/null 2>&1 &
          disown
        }
        kill() { builtin kill "$@"; wait "$@" || true; }
        dotnet() {
          keep $BASHPID
          case "$*" in
            "run "*"--project src/Weir.Server"*) ;;
            *) exec "$REAL_DOTNET" "$@" ;;
          esac
          while [ "$1" != src/Weir.Server ]; do shift; done
          shift
          [ "${1-}" != -- ] || shift
          log=$PWD/weir.log
          # As dotnet run does.
          cd src/Weir.Server
          export ASPNETCORE_URLS=${ASPNETCORE_URLS:-http://localhost:$WEIR_PORT}
          exec "$REAL_DOTNET" "$WEIR_SERVER" "$@" >>"$log" 2>&1
        }
        redis-server() {
          rm -f redis.pid
          command redis-server "$@" --dir "$PWD" --pidfile "$PWD/redis.pid" >/dev/null
          for _ in $(seq 200); do [ -s redis.pid ] && break; sleep 0.02; done
          keep "$(cat redis.pid)"
        }
        # Waits until a server decides as it is meant to, as a reader waits for its greeting.
        greeted() {
          for _ in $(seq 1200); do
            command curl -s "localhost:$1/readyz" | grep -q '"degraded":false' && return
            sleep 0.05
          done
          cat weir.log
          return 1
        }

        """;

    /// <summary>Runs blocks one after the other, and returns the output of each.</summary>
    /// <param name="blocks">The blocks of one page.</param>
    public static async Task<IReadOnlyList<string>> RunAsync(IReadOnlyList<string> blocks)
    {
        string folder = Directory.CreateTempSubdirectory("weir-docs-").FullName;
        try
        {
            foreach (string name in (string[])["src", "deploy", "docs"])
                Directory.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine(Repository.Root, name));
            string script = Path.Combine(folder, "page.sh");
            await File.WriteAllTextAsync(script, ScriptOf(blocks));
            string output = await OutputOfAsync(script, folder);
            string[] parts = output.Split("<<block ended>>\n");
            Assert.True(
                parts.Length == blocks.Count + 1 && output.EndsWith("<<block ended>>\n", StringComparison.Ordinal),
                $"Block {parts.Length} of the page failed:\n{output}");
            return parts[..^1];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string ScriptOf(IEnumerable<string> blocks)
    {
        var ports = Ports.ToDictionary(port => port, _ => $"{FreePort.Next()}");
        string server = Path.Combine(AppContext.BaseDirectory, "Weir.Server.dll");
        var lines = blocks.Select(block =>
            Port().Replace(block, found => ports[found.Value])
            + string.Concat(StartsServer().Matches(block).Select(start =>
                $"greeted {ports[start.Groups["port"].Success ? start.Groups["port"].Value : "3000"]}\n"))
            + "echo '<<block ended>>'\n");
        string variables = $"WEIR_PORT={ports["3000"]} WEIR_SERVER='{server}' REAL_DOTNET=$(command -v dotnet)\n";
        return variables + Prelude + string.Concat(lines);
    }

    private static async Task<string> OutputOfAsync(string script, string folder)
    {
        using var shell = KeptProcess.Start("/bin/bash", [script], workingFolder: folder);
        await Until.TrueAsync(() => shell.HasEnded, () => shell.Output);
        return shell.Output;
    }

    /// <summary>A port of the pages, as a number of its own.</summary>
    [GeneratedRegex(@"(?<=[:\s=])(3000|3001|6379|8080|9090)(?![\w.])")]
    private static partial Regex Port();

    [GeneratedRegex(@"src/Weir\.Server\b([^\n]*localhost:(?<port>\d+))?[^\n]*&$", RegexOptions.Multiline)]
    private static partial Regex StartsServer();
}
