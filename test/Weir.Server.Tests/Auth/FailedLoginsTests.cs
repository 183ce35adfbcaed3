using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Auth;

public sealed class FailedLoginsTests : IDisposable
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly LogLines _log = new();
    private readonly LoggerFactory _loggers;
    private readonly FailedLogins _failures;

    public FailedLoginsTests()
    {
        _loggers = new LoggerFactory([_log]);
        _failures = new FailedLogins(_time, _loggers.CreateLogger<FailedLogins>());
    }

    public void Dispose()
    {
        _failures.Dispose();
        _loggers.Dispose();
    }

    [Fact]
    public async Task Ten_are_told_so_at_once_and_then_one_a_second()
    {
        for (int i = 0; i < FailedLogins.Burst; i++)
            Assert.Equal(401, (await FailAsync("192.0.2.1")).StatusCode);
        var limited = await FailAsync("192.0.2.1");
        Assert.Equal((429, "1"), (limited.StatusCode, limited.Headers.RetryAfter.ToString()));
        Assert.Equal(401, (await FailAsync("192.0.2.2")).StatusCode);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, (await FailAsync("192.0.2.1")).StatusCode);
        Assert.Equal(429, (await FailAsync("192.0.2.1")).StatusCode);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:3::6", "2001:db8:1:3::/64")]
    [InlineData("fe80::1%3", "fe80::/64")]
    [InlineData("::1", "::/64")]
    public void An_address_of_IPv6_counts_with_its_64_bits(string address, string group) => Assert.Equal(group, FailedLogins.Group(IPAddress.Parse(address)));

    [Fact]
    public void A_socket_without_an_address_is_of_this_machine() => Assert.Equal("local", FailedLogins.Group(null));

    [Fact]
    public async Task The_log_has_one_line_a_minute_however_many_come_and_from_wherever()
    {
        for (int i = 0; i < 500; i++)
            await FailAsync($"192.0.2.{i % 250}");
        Assert.Equal("Requests with an invalid key: 1, the last from 192.0.2.0. Logged at most once a minute; weir_auth_failures_total counts them", Assert.Single(_log.AtLeast(LogLevel.Trace)));
        _time.Advance(TimeSpan.FromMinutes(1));
        await FailAsync("192.0.2.7");
        Assert.StartsWith("Requests with an invalid key: 500", _log.AtLeast(LogLevel.Trace)[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task L10_more_addresses_than_there_is_room_for_share_a_count_and_are_answered_all_the_same()
    {
        int limited = 0;
        for (int i = 0; i < 4 * FailedLogins.MaxAddresses; i++)
        {
            int status = (await FailAsync(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]).ToString())).StatusCode;
            Assert.True(status is 401 or 429, $"{status}");
            limited += status == 429 ? 1 : 0;
        }

        Assert.InRange(limited, 2 * FailedLogins.MaxAddresses, 3 * FailedLogins.MaxAddresses);
    }

    private async Task<HttpResponse> FailAsync(string address)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        await _failures.AnswerAsync(http);
        return http.Response;
    }
}
