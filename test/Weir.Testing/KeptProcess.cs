using System.Diagnostics;
using System.Globalization;

namespace Weir.Testing;

/// <summary>
/// A child process that cannot outlive this one, however this one ends. A small shell stands between: it holds the child, takes the
/// names of signals from its standard input, and when that input ends it kills the child and removes the child's folder. The kernel
/// closes the input when this process dies, so a crash, a SIGKILL and a forgotten dispose all end the same way.
/// </summary>
/// <remarks>
/// The kernel's own parent-death signal would not do: it fires when the thread that started the child ends, and threads of the pool come and go.
/// </remarks>
internal sealed class KeptProcess : IDisposable
{
    // Interrupts from the terminal go to the whole process group; the keeper ignores them so that it is still there to clean up.
    private const string Keeper =
        """
        trap '' INT TERM HUP
        folder=$1 work=$2; shift 2
        cd "$folder" || exit 1
        : >output
        (trap - INT TERM HUP; cd "$work" && exec "$@") </dev/null >>output 2>&1 &
        child=$!
        echo "$child"
        while read -r signal; do kill -s "$signal" "$child" 2>/dev/null; echo sent; done
        kill -s KILL "$child" 2>/dev/null
        { wait "$child"; } 2>/dev/null
        cd /
        rm -rf -- "$folder"
        """;


    private readonly Process _keeper;
    private readonly string _folder;
    private bool _ended;

    private KeptProcess(Process keeper, string folder, int id)
    {
        _keeper = keeper;
        _folder = folder;
        Id = id;
    }

    /// <summary>The child's process id.</summary>
    public int Id { get; }

    /// <summary>Whether the child has ended by itself. Known where there is a <c>/proc</c>; elsewhere the answer is always no.</summary>
    public bool HasEnded => _ended || State() is 'Z' or 'X' || (Directory.Exists("/proc/self") && State() is null);

    /// <summary>What the child has written to its standard output and error so far.</summary>
    public string Output => File.ReadAllText(Path.Combine(_folder, "output"));

    /// <summary>Starts a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables that it has beside those of this process.</param>
    /// <param name="workingFolder">Where it is started; in a folder of its own by default.</param>
    public static KeptProcess Start(
        string program, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)>? environment = null,
            string? workingFolder = null)
    {
        var folder = Directory.CreateTempSubdirectory("weir-test-").FullName;
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (
            var argument in (string[])["-c", Keeper, "keeper", folder, workingFolder ?? folder, program, .. arguments])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;
        var keeper = Process.Start(start)!;
        var id = int.Parse(keeper.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        return new KeptProcess(keeper, folder, id);
    }

    /// <summary>Stops the child where it stands (SIGSTOP) and returns when it has stopped.</summary>
    public void Pause()
    {
        Send("STOP");
        var waited = Stopwatch.StartNew();
        while (State() is not (null or 'T' or 'Z'))
        {
            if (waited.Elapsed > Until.Patience)
                throw new TimeoutException($"Process {Id} did not stop.");
            Thread.Sleep(1);
        }
    }

    /// <summary>Lets a paused child go on (SIGCONT).</summary>
    public void Resume() => Send("CONT");

    /// <summary>Sends the child a signal, such as <c>TERM</c>.</summary>
    public void Signal(string signal) => Send(signal);

    /// <summary>Kills the child (SIGKILL), paused or not, and returns when it is gone and its folder with it.</summary>
    public void Dispose()
    {
        if (_ended)
            return;
        _ended = true;
        _keeper.StandardInput.Close();
        if (!_keeper.WaitForExit(Until.Patience))
            throw new TimeoutException($"Process {Id} did not end when it was killed.");
        _keeper.Dispose();
    }

    private void Send(string signal)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        _keeper.StandardInput.WriteLine(signal);
        _keeper.StandardInput.Flush();
        _keeper.StandardOutput.ReadLine();
    }

    private char? State()
    {
        try
        {
            // The state is the first field after the program's name, which is in brackets and may hold anything.
            var status = File.ReadAllText($"/proc/{Id}/stat");
            return status[status.LastIndexOf(')') + 2];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
