using System.IO.Enumeration;
using System.Net;
using System.Text;

namespace Weir.Server;

/// <summary>Executes <c>CONFIG</c> and <c>INFO</c>, which clients and tools send after they connect.</summary>
internal sealed class ServerCommands(RespConnections connections, TimeProvider time)
{
    private static readonly (string Name, string Value)[] Parameters =
    [
        ("appendonly", "no"), ("databases", "1"), ("maxmemory", "0"), ("maxmemory-policy", "noeviction"), ("save", ""),
        ("slave-read-only", "no"), ("replica-read-only", "no"),
        ("proto-max-bulk-len", RespBounds.MaxArgumentBytes.ToString()),
        ("timeout", ((int)RespBounds.IdleTimeout.TotalSeconds).ToString()),
    ];

    private readonly DateTimeOffset _began = time.GetUtcNow();

    public static void Config(RespSession session, RespArguments arguments)
    {
        if (!arguments.Is(1, "GET"u8) || arguments.Count < 3)
        {
            session.Writer.Error("ERR unknown subcommand of CONFIG; use CONFIG GET parameter");
            return;
        }

        var found = new List<(string Name, string Value)>();
        foreach (var parameter in Parameters)
        {
            for (int i = 2; i < arguments.Count; i++)
            {
                if (Matches(arguments, i, parameter.Name) && !found.Contains(parameter))
                    found.Add(parameter);
            }
        }

        var writer = session.Writer;
        writer.Map(found.Count);
        foreach (var (name, value) in found)
        {
            writer.Bulk(name);
            writer.Bulk(value);
        }
    }

    public void Info(RespSession session, RespArguments arguments) => session.Writer.Bulk(
        $"""
        # Server
        redis_version:{SessionCommands.RedisVersion}
        redis_mode:standalone
        server_name:weir
        weir_version:{ProductVersion.Text}
        process_id:{Environment.ProcessId}
        tcp_port:{(session.Local as IPEndPoint)?.Port ?? 0}
        uptime_in_seconds:{(long)(time.GetUtcNow() - _began).TotalSeconds}

        # Clients
        connected_clients:{connections.Count}

        # Persistence
        loading:0

        # Replication
        role:master
        connected_slaves:0

        # Cluster
        cluster_enabled:0

        """.ReplaceLineEndings("\r\n"));

    private static bool Matches(RespArguments arguments, int index, string name) =>
        FileSystemName.MatchesSimpleExpression(Encoding.UTF8.GetString(arguments[index]), name);
}
