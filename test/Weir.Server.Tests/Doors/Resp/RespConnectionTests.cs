using System.Text;
using Weir.Server.Tests.Auth;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Resp;

public sealed class RespConnectionTests : IDisposable
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    private readonly RespRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Commands_that_come_in_parts_of_any_size_are_answered_alike()
    {
        string commands = RespRig.Spell("PING") + "CL.THROTTLE a 1 1 60\r\n" + RespRig.Spell("ECHO", "ä")
            + RespRig.Spell("CL.THROTTLE", "a", "1", "1", "60") + RespRig.Spell("NO", "such") + "*0\r\n\r\n" + RespRig.Spell("PING", "end");
        const string Replies = "+PONG\r\n*5\r\n:0\r\n:2\r\n:1\r\n:-1\r\n:60\r\n$2\r\nä\r\n*5\r\n:0\r\n:2\r\n:0\r\n:-1\r\n:120\r\n"
            + "-ERR unknown command 'NO'\r\n$3\r\nend\r\n";
        byte[] bytes = Encoding.UTF8.GetBytes(commands);
        Assert.Equal(Replies, _rig.Send(commands));
        for (int size = 1; size < bytes.Length; size++)
        {
            using var rig = new RespRig();
            foreach (byte[] part in bytes.Chunk(size))
                rig.Send(part);
            var replies = new StringBuilder();
            await Until.TrueAsync(
                () => rig.Running.IsCompleted || replies.Append(rig.Read()).Length >= Replies.Length, replies.ToString);
            Assert.Equal((size, Replies, null), (size, replies.ToString(), rig.Running.Exception));
        }
    }

    [Fact]
    public async Task Many_commands_at_once_are_answered_in_order()
    {
        const int Count = 4 * RespBounds.MaxTogether;
        _rig.Send(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, Count).Select(i => RespRig.Spell("ECHO", $"{i}")))));
        var replies = new StringBuilder();
        string expected = string.Concat(Enumerable.Range(0, Count).Select(i => $"${$"{i}".Length}\r\n{i}\r\n"));
        await Until.TrueAsync(() => replies.Append(_rig.Read()).Length >= expected.Length, replies.ToString);
        Assert.Equal(expected, replies.ToString());
    }

    [Theory]
    [InlineData(3, "%8\r\n$7\r\nallowed\r\n#t\r\n$9\r\nremaining\r\n:8\r\n$8\r\ncapacity\r\n:10\r\n$5\r\nlimit\r\n$7\r\nper-key\r\n$14\r\nretry_after_ms\r\n:0\r\n$14\r\nreset_after_ms\r\n:400\r\n$6\r\nsource\r\n$6\r\nmemory\r\n$8\r\ndegraded\r\n#f\r\n")]
    [InlineData(2, "*16\r\n$7\r\nallowed\r\n:1\r\n$9\r\nremaining\r\n:8\r\n$8\r\ncapacity\r\n:10\r\n$5\r\nlimit\r\n$7\r\nper-key\r\n$14\r\nretry_after_ms\r\n:0\r\n$14\r\nreset_after_ms\r\n:400\r\n$6\r\nsource\r\n$6\r\nmemory\r\n$8\r\ndegraded\r\n:0\r\n")]
    public void A_decision_is_a_map_in_RESP3_and_an_array_in_RESP2(int protocol, string reply)
    {
        _rig.Call("HELLO", $"{protocol}");
        Assert.Equal(reply, _rig.Call("WEIR.TAKE", "acme", "k", "COST", "2"));
    }

    [Fact]
    public void Takes_checks_and_refunds_are_of_the_same_bucket()
    {
        Assert.Equal(3, Remaining("WEIR.TAKE", "acme", "k", "COST", "7"));
        Assert.Equal(3, Remaining("WEIR.CHECK", "acme", "k", "COST", "2"));
        Assert.Contains("allowed\r\n:0\r\n", _rig.Call("WEIR.TAKE", "acme", "k", "cost", "4"), StringComparison.Ordinal);
        Assert.Equal(8, Remaining("WEIR.REFUND", "acme", "k", "COST", "5"));
        Assert.Equal(10, Remaining("WEIR.CHECK", "other", "k"));
        Assert.Contains("retry_after_ms\r\n:-1\r\n", _rig.Call("WEIR.TAKE", "acme", "k", "COST", "11"), StringComparison.Ordinal);
    }

    [Fact]
    public void Attributes_choose_limits_and_their_names_may_be_words_of_the_command()
    {
        Assert.Contains("limit\r\n$11\r\ncl.throttle\r\n", _rig.Call("WEIR.TAKE", "paths", "k", "ATTR", "cost", "high", "path", "/a"), StringComparison.Ordinal);
        Assert.Contains("allowed\r\n:0\r\n", _rig.Call("WEIR.TAKE", "paths", "k", "ATTR", "path", "/a", "COST", "1"), StringComparison.Ordinal);
        Assert.Contains("allowed\r\n:1\r\n", _rig.Call("WEIR.TAKE", "paths", "k", "COSTS", "tokens", "5", "ATTR", "path", "/b"), StringComparison.Ordinal);
    }

    [Fact]
    public void Units_that_no_limit_counts_are_named()
    {
        string reply = _rig.Call("WEIR.TAKE", "acme", "k", "COSTS", "tokns", "5");
        Assert.StartsWith("*18\r\n", reply, StringComparison.Ordinal);
        Assert.EndsWith("$13\r\nunknown_units\r\n*1\r\n$5\r\ntokns\r\n", reply, StringComparison.Ordinal);
        _rig.Call("HELLO", "3");
        reply = _rig.Call("WEIR.CHECK", "acme", "k", "COSTS", "tokns", "5");
        Assert.StartsWith("%9\r\n", reply, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ERR wrong number of arguments for 'weir.take' command", "acme")]
    [InlineData("ERR tenant must be 1 to 64 characters out of A-Z a-z 0-9 . _ -", "a b", "k")]
    [InlineData("ERR key is missing or empty: name what is limited, in 1 to 256 bytes of UTF-8", "acme", "")]
    [InlineData("ERR cost must be a whole number; it was \"x\"", "acme", "k", "COST", "x")]
    [InlineData("ERR cost must be a whole number; it was \"\"", "acme", "k", "COST")]
    [InlineData("ERR cost must be a whole number from 1 to 2147483648; it was 0", "acme", "k", "COST", "0")]
    [InlineData("ERR COST is given twice; leave one out", "acme", "k", "COST", "1", "COST", "1")]
    [InlineData("ERR \"SPEND\" is no option; use tenant key [COST n] [COSTS unit n ...] [ATTR name value ...]", "acme", "k", "SPEND")]
    [InlineData("ERR ATTR needs pairs of a name and a value; use tenant key [COST n] [COSTS unit n ...] [ATTR name value ...]", "acme", "k", "ATTR", "a")]
    [InlineData("ERR the attribute a is given twice; leave one out", "acme", "k", "ATTR", "a", "1", "ATTR", "a", "2")]
    [InlineData("ERR the cost in tokens must be a whole number; it was \"many\"", "acme", "k", "COSTS", "tokens", "many")]
    [InlineData("ERR an attribute cannot be called key: send it as the field key", "acme", "k", "ATTR", "key", "x")]
    public void Bad_arguments_are_errors_that_name_the_cure(string error, params string[] arguments) =>
        Assert.Equal($"-{error}\r\n", _rig.Call(["WEIR.TAKE", .. arguments]));

    [Theory]
    [InlineData("+OK\r\n", "SELECT", "0")]
    [InlineData("-ERR DB index is out of range; there is only 0\r\n", "SELECT", "1")]
    [InlineData("+OK\r\n", "CLIENT", "SETNAME", "worker")]
    [InlineData("-ERR Client names cannot contain spaces, newlines or special characters, and hold 256 bytes at most\r\n", "CLIENT", "SETNAME", "a b")]
    [InlineData("+OK\r\n", "CLIENT", "SETINFO", "LIB-NAME", "some")]
    [InlineData(":1\r\n", "CLIENT", "ID")]
    [InlineData("*2\r\n$4\r\nsave\r\n$0\r\n\r\n", "CONFIG", "GET", "save")]
    [InlineData("*0\r\n", "CONFIG", "GET", "nothing")]
    [InlineData("*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n", "CONFIG", "GET", "M?xmemory")]
    [InlineData("*4\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n", "CONFIG", "GET", "max*", "max*")]
    [InlineData("$-1\r\n", "CLIENT", "GETNAME")]
    [InlineData("*2\r\n*-1\r\n*6\r\n$4\r\nping\r\n:-1\r\n*1\r\n+fast\r\n:0\r\n:0\r\n:0\r\n", "COMMAND", "INFO", "get", "PING")]
    [InlineData("*0\r\n", "COMMAND", "DOCS", "get")]
    [InlineData(":15\r\n", "COMMAND", "COUNT")]
    [InlineData("-NOPROTO unsupported protocol version; use 2 or 3\r\n", "HELLO", "4")]
    [InlineData("+RESET\r\n", "RESET")]
    [InlineData("-ERR unknown command 'GET'\r\n", "GET", "k")]
    [InlineData("-ERR unknown command 'a  b'\r\n", "a\r\nb")]
    public void The_handshake_of_clients_is_answered(string reply, params string[] command) =>
        Assert.Equal(reply, _rig.Call(command));

    [Fact]
    public void A_broken_command_ends_the_connection_after_the_replies_before_it()
    {
        Assert.Equal(
            "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n", _rig.Send(RespRig.Spell("PING") + "*1\r\n$x\r\n" + RespRig.Spell("PING")));
        Assert.True(_rig.Running.IsCompletedSuccessfully);
    }

    [Fact]
    public void QUIT_is_answered_and_ends_the_connection()
    {
        Assert.Equal("+OK\r\n", _rig.Send(RespRig.Spell("QUIT") + RespRig.Spell("PING")));
        Assert.True(_rig.Running.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_request_of_a_browser_ends_the_connection_before_its_body_is_read()
    {
        Assert.Equal("", _rig.Send("POST / HTTP/1.1\r\nHost: localhost\r\n\r\nCL.THROTTLE a 1 1 60\r\n"));
        Assert.True(_rig.Running.IsCompletedSuccessfully);
    }

    [Fact]
    public void While_the_service_drains_a_connection_ends_once_it_is_quiet_after_a_decision()
    {
        _rig.Throttle("k", 9, 1, 60);
        _rig.Draining.Begin();
        Assert.Equal("+PONG\r\n", _rig.Call("PING"));
        _rig.Time.Advance(RespBounds.CheckInterval);
        Assert.Equal([0, 10, 8, -1, 119], _rig.Throttle("k", 9, 1, 60));
        Assert.Equal([0, 10, 7, -1, 179], _rig.Throttle("k", 9, 1, 60));
        Assert.False(_rig.Running.IsCompleted);
        _rig.Time.Advance(RespBounds.CheckInterval);
        Assert.True(_rig.Running.IsCompletedSuccessfully);
    }

    [Fact]
    public void While_the_service_drains_a_command_that_has_begun_to_arrive_is_answered()
    {
        string command = RespRig.Spell("PING");
        _rig.Draining.Begin();
        _rig.Throttle("k", 9, 1, 60);
        Assert.Equal("", _rig.Send(command[..5]));
        _rig.Time.Advance(RespBounds.CheckInterval);
        Assert.Equal("+PONG\r\n", _rig.Send(command[5..]));
        Assert.False(_rig.Running.IsCompleted);
        _rig.Time.Advance(RespBounds.CheckInterval);
        Assert.True(_rig.Running.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData("*1\r\n$4\r\nQUIT\r\n")]
    [InlineData("*1\r\n$x\r\n")]
    [InlineData(null)]
    public async Task L10_a_client_that_does_not_read_the_last_replies_is_dropped(string? last)
    {
        if (last is null)
            _rig.EndSending();
        else
            _rig.Send(Encoding.UTF8.GetBytes(last));
        Assert.True(_rig.Running.IsCompletedSuccessfully);
        _rig.Time.Advance(RespBounds.ProgressTimeout);
        Assert.False(_rig.IsAborted);
        Assert.Equal(1, _rig.Open);
        _rig.Time.Advance(RespBounds.CheckInterval);
        Assert.True(_rig.IsAborted);
        await _rig.Bounded.DisposeAsync();
        Assert.Equal(0, _rig.Open);
    }

    [Fact]
    public void L10_a_connection_is_in_use_only_with_a_key()
    {
        using var rig = new RespRig(SomeKey.Of(Secret));
        foreach (string[] command in (string[][])[["PING"], ["HELLO", "3"], ["AUTH", "wrong"], ["CL.THROTTLE", "k", "1", "1", "1"]])
        {
            Assert.StartsWith("-", rig.Call(command), StringComparison.Ordinal);
            Assert.False(rig.Bounded.IsUsed);
        }

        Assert.Equal("+OK\r\n", rig.Call("AUTH", Secret));
        Assert.True(rig.Bounded.IsUsed);
        _rig.Send("*1\r\n");
        Assert.False(_rig.Bounded.IsUsed);
        Assert.Equal("+PONG\r\n", _rig.Send("$4\r\nPING\r\n"));
        Assert.True(_rig.Bounded.IsUsed);
    }

    [Fact]
    public async Task L9_a_key_that_is_revoked_opens_nothing_for_commands_that_have_arrived_either()
    {
        using var rig = new RespRig(SomeKey.Of(Secret));
        byte[] echo = Encoding.UTF8.GetBytes(RespRig.Spell("ECHO", new string('a', RespBounds.MaxArgumentBytes)));
        rig.Call("AUTH", Secret);
        // The client does not read, so that the replies to the second part wait.
        rig.Send([.. Enumerable.Repeat(echo, 12).SelectMany(bytes => bytes)]);
        rig.Send([.. Enumerable.Repeat(echo, 12).SelectMany(bytes => bytes)]);
        await Until.TrueAsync(() => rig.Unread >= 64 * 1024, () => $"{rig.Unread} bytes of replies");
        rig.Keys.UseConfigured([]);
        var replies = new StringBuilder();
        await Until.TrueAsync(
            () => replies.Append(rig.Read()).ToString().EndsWith("API key\r\n", StringComparison.Ordinal),
            () => $"{replies.Length} bytes of replies");
    }

    [Fact]
    public void L10_ten_invalid_keys_in_a_row_end_the_connection()
    {
        using var rig = new RespRig(SomeKey.Of(Secret));
        for (int i = 1; i < RespBounds.MaxFailedLogins; i++)
            Assert.StartsWith("-WRONGPASS ", rig.Call("AUTH", "wrong"), StringComparison.Ordinal);
        Assert.Equal("+OK\r\n", rig.Call("AUTH", Secret));
        for (int i = 0; i < RespBounds.MaxFailedLogins; i++)
        {
            Assert.False(rig.Running.IsCompleted);
            Assert.StartsWith("-WRONGPASS ", rig.Call("HELLO", "3", "AUTH", "default", "wrong"), StringComparison.Ordinal);
        }

        Assert.True(rig.Running.IsCompletedSuccessfully);
    }

    [Fact]
    public void L10_an_idle_connection_is_ended_in_order()
    {
        _rig.Time.Advance(RespBounds.IdleTimeout);
        Assert.Equal("+PONG\r\n", _rig.Call("PING"));
        _rig.Time.Advance(RespBounds.IdleTimeout);
        Assert.False(_rig.Running.IsCompleted);
        _rig.Time.Advance(RespBounds.CheckInterval);
        Assert.True(_rig.Running.IsCompletedSuccessfully);
        Assert.False(_rig.IsAborted);
    }

    [Fact]
    public void L10_a_command_that_drips_in_is_dropped()
    {
        foreach (byte drop in "*1\r\n$4\r\n"u8.ToArray())
        {
            Assert.False(_rig.IsAborted);
            _rig.Send([drop]);
            _rig.Time.Advance(RespBounds.ProgressTimeout / 7);
        }

        Assert.True(_rig.IsAborted);
    }

    [Fact]
    public void L10_replies_that_the_client_does_not_read_stop_the_reading_and_then_the_connection()
    {
        const int Most = 256 * 1024;
        byte[] command = Encoding.UTF8.GetBytes(RespRig.Spell("ECHO", new string('a', RespBounds.MaxArgumentBytes)));
        for (int sent = 0; sent < 2 * Most; sent += command.Length)
            _rig.Send(command);
        Assert.InRange(_rig.Unread, RespBounds.MaxUnsentBytes, Most);
        long unread = _rig.Unread;
        _rig.Send(command);
        Assert.Equal(unread, _rig.Unread);
        Assert.False(_rig.IsAborted);
        _rig.Time.Advance(RespBounds.ProgressTimeout + RespBounds.CheckInterval);
        Assert.True(_rig.IsAborted);
    }

    /// <summary>100 commands a read. A build for debugging allocates the frame of each read, and a command nothing.</summary>
    [Fact]
    public void A_command_with_a_known_key_allocates_nothing()
    {
        const int Reads = 100, FrameBytes = 256;
        byte[] commands = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 50).Select(i =>
            RespRig.Spell("CL.THROTTLE", $"key-{i % 10}", "15", "30", "60") + RespRig.Spell("WEIR.TAKE", "acme", $"key-{i % 10}", "COST", "1"))));
        long bytes = Allocated.ByRunning(() =>
        {
            for (int i = 0; i < Reads; i++)
            {
                _rig.Send(commands);
                _rig.Skip();
            }
        });
        Assert.InRange(bytes, 0, Reads * FrameBytes);
    }

    private int Remaining(params string[] command)
    {
        string[] lines = _rig.Call(command).Split("\r\n");
        return int.Parse(lines[Array.IndexOf(lines, "remaining") + 1][1..]);
    }
}
