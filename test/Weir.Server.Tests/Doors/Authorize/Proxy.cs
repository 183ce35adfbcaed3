using System.Net.Sockets;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Authorize;

/// <summary>A real proxy that runs by its file of deploy, on free ports and in a temporary folder.</summary>
internal sealed class Proxy : IDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly KeptProcess _process;

    private Proxy(TemporaryFolder folder, KeptProcess process, int port)
    {
        _folder = folder;
        _process = process;
        Http = new HttpCalls(new Uri($"http://127.0.0.1:{port}"));
    }

    public HttpCalls Http { get; }

    /// <summary>Starts nginx or caddy, and skips the test without it.</summary>
    /// <param name="name">The program.</param>
    /// <param name="weir">The port of Weir.</param>
    /// <param name="app">The application.</param>
    /// <param name="isClosed">True to refuse requests while Weir is away, as the comments of the file say.</param>
    /// <param name="key">The proxy's API key; null for none.</param>
    /// <param name="isPatient">True to wait for a Weir on a busy machine; false for the times of the file.</param>
    public static async Task<Proxy> StartAsync(
        string name, int weir, AppServer app, bool isClosed = false, bool isPatient = true, string? key = null)
    {
        Programs.Require(name);
        var folder = new TemporaryFolder();
        int port = FreePort.Next();
        string file = name == "nginx" ? "deploy/nginx/nginx.conf" : "deploy/caddy/Caddyfile";
        string text = Replace(Repository.Read(file), "127.0.0.1:3000", $"127.0.0.1:{weir}");
        text = Replace(text, "127.0.0.1:8000", $"127.0.0.1:{app.Address.Port}");
        if (isPatient)
            text = Replace(Replace(text, "100ms", "60s"), "500ms", "60s");
        if (key is not null)
            text = WithKey(name, text, key);
        text = name == "nginx" ? Nginx(text, folder, port, isClosed) : Caddy(text, port, isClosed);
        string path = folder.Write(Path.GetFileName(file), text);
        string[] arguments = name == "nginx"
            ? ["-p", folder.Path, "-c", path, "-g", "daemon off; master_process off;"]
            : ["run", "--config", path, "--adapter", "caddyfile"];
        (string, string)[] environment =
            [("HOME", folder.Path), ("XDG_DATA_HOME", folder.Path), ("XDG_CONFIG_HOME", folder.Path)];
        var proxy = new Proxy(folder, KeptProcess.Start(name, arguments, environment), port);
        await proxy.UntilListensAsync(port);
        return proxy;
    }

    /// <summary>The setting that this proxy needs.</summary>
    public static string[] SettingsFor(string name) => name == "nginx" ? ["Weir:Authorize:RefusedStatus=403"] : [];

    public Task<Answer> SendAsync(
        HttpMethod method, string path, string? body, params (string Name, string Value)[] headers)
    {
        var all = headers.ToDictionary(header => header.Name, header => (string?)header.Value);
        return Http.SendAsync(method, path, body, "text/plain", all);
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, headers);

    public void Dispose()
    {
        Http.Dispose();
        _process.Dispose();
        _folder.Dispose();
    }

    private static string Nginx(string text, TemporaryFolder folder, int port, bool isClosed)
    {
        string places = string.Concat(((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
            .Select(kind => $"{kind}_temp_path {folder.Path}/{kind};"));
        text = Replace(text, "listen 8080", $"listen 127.0.0.1:{port}");
        const string First = "proxy_set_header Connection";
        text = Replace(text, First, $"proxy_set_header X-User $http_x_user;{First}");
        text = Replace(text, "access_log off;", $"access_log off;{places}");
        if (isClosed)
            text = Replace(Replace(text, "proxy_intercept_errors on;", ""), "error_page 502 504 = @open;", "");
        return text;
    }

    private static string WithKey(string name, string text, string key) => name == "nginx"
        ? Replace(text, "Authorization \"\"", $"Authorization \"Bearer {key}\"")
        : Replace(text, "header_up -Authorization", $"header_up Authorization \"Bearer {key}\"");

    private static string Caddy(string text, int port, bool isClosed)
    {
        text = Replace(Replace(text, ":8080", $":{port}"), "admin off", "admin off\n\tdefault_bind 127.0.0.1");
        int block = text.IndexOf("\t# If Weir is away", StringComparison.Ordinal);
        return isClosed ? text[..block] + "}\n" : text;
    }

    /// <summary>Replaces a part that is there.</summary>
    private static string Replace(string text, string part, string other)
    {
        Assert.Contains(part, text, StringComparison.Ordinal);
        return text.Replace(part, other, StringComparison.Ordinal);
    }

    private Task UntilListensAsync(int port) => Until.TrueAsync(
        async () =>
        {
            Assert.False(_process.HasEnded, _process.HasEnded ? _process.Output : "");
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        },
        () => _process.Output);
}
