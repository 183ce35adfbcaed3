namespace Weir.Testing;

/// <summary>A Redis of the test's own on a loopback port: a real server process, or the stand-in for machines without one.</summary>
public interface ITestRedis : IAsyncDisposable
{
    /// <summary>The loopback port it listens on.</summary>
    int Port { get; }

    /// <summary>Host and port as a client is given them: <c>127.0.0.1:PORT</c>.</summary>
    string Endpoint { get; }

    /// <summary>
    /// Sends one command over a connection of its own and answers with the reply as text: a null as the empty string, an array with one
    /// element a line. An error reply is thrown as <see cref="RedisErrorException"/>.
    /// </summary>
    Task<string> CommandAsync(params string[] words);
}
