using System.Security.Authentication;

namespace Weir.Redis.Tests;

/// <summary>The forms of <see cref="RedisOptions.Endpoints"/>. A password is called "geheim" here.</summary>
public sealed class RedisEndpointsTests
{
    [Theory]
    [InlineData("a:1", "a:1")]
    [InlineData("a:1,b.example:65535", "a:1, b.example:65535")]
    [InlineData(" a:1 , b:2 ,", "a:1, b:2")]
    [InlineData("[::1]:6379", "[::1]:6379")]
    [InlineData("redis://a", "a:6379")]
    [InlineData("redis://a:1,redis://b:2", "a:1, b:2")]
    [InlineData("rediss://[fe80::1]:7", "[fe80::1]:7")]
    [InlineData("rediss://default:geheim@red-1.hoster.example:25061/0", "red-1.hoster.example:25061")]
    public void Servers_are_hosts_and_ports_or_URLs(string text, string hosts)
    {
        Assert.Empty(new RedisEndpoints(text).Faults);
        Assert.Equal(hosts, string.Join(", ", new RedisOptions { Endpoints = text }.Hosts));
    }

    [Theory]
    [InlineData("redis://a", null, null, false, null)]
    [InlineData("redis://a/", null, null, false, null)]
    [InlineData("redis://:geheim@a", null, "geheim", false, null)]
    [InlineData("redis://me:geheim@a:1/5", "me", "geheim", false, 5)]
    [InlineData("rediss://me:geheim@a:1/65535", "me", "geheim", true, 65535)]
    [InlineData("redis://m%40e:ge%2Fhe%3Aim%25%2C@a", "m@e", "ge/he:im%,", false, null)]
    [InlineData("redis://me:ge:h/e@i?m#=@a:1/2", "me", "ge:h/e@i?m#=", false, 2)]
    [InlineData("redis://:100%sure@a", null, "100%sure", false, null)]
    [InlineData("a:1,user=me,password=geheim@://=x,ssl=true", "me", "geheim@://=x", true, null)]
    [InlineData("rediss://me:geheim@a,rediss://me:geheim@b/4,ssl=True,user=me", "me", "geheim", true, 4)]
    public void User_password_TLS_and_database_are_read(string text, string? user, string? password, bool? ssl,
        int? database)
    {
        var read = new RedisEndpoints(text);
        Assert.Empty(read.Faults);
        Assert.Equal((user, password, ssl, database), (read.User, read.Password, read.Ssl, read.Database));
    }

    [Fact]
    public void Options_are_read_whatever_their_case()
    {
        var read = new RedisEndpoints(
            "a:1,serviceName=mymaster,SENTINELUSER=su,sentinelpassword=sp,sslhost=h,sslProtocols=tls12|Tls13,"
                + "checkCertificateRevocation=false");
        Assert.Empty(read.Faults);
        Assert.Equal(("mymaster", "su", "sp", "h"),
            (read.ServiceName, read.SentinelUser, read.SentinelPassword, read.SslHost));
        Assert.Equal((SslProtocols.Tls12 | SslProtocols.Tls13, false),
            (read.SslProtocols, read.CheckCertificateRevocation));
    }

    [Theory]
    [InlineData("geheim", "it is not host:port")]
    [InlineData("a:1,geheim", "part 2 is not host:port")]
    [InlineData("a:1,geheim:x", "part 2 is not host:port")]
    [InlineData("a:0", "it is not host:port")]
    [InlineData("a:65536", "it is not host:port")]
    [InlineData("a b:1", "it is not host:port")]
    [InlineData("", "it names no server")]
    [InlineData(",", "it names no server")]
    [InlineData("password=geheim", "it names no server")]
    [InlineData("me:geheim@a:1", "it has an @, but is not a URL")]
    [InlineData("a:1,ssl=geheim", "part 2 is no option, or has a value that does not fit")]
    [InlineData("a:1,passwort=geheim", "part 2 is no option")]
    [InlineData("a:1,geheim=", "part 2 is no option")]
    [InlineData("a:1,sslProtocols=geheim", "part 2 is no option, or has a value that does not fit")]
    [InlineData("a:1,sslProtocols=12", "part 2 is no option, or has a value that does not fit")]
    [InlineData("a:1,checkCertificateRevocation=geheim", "part 2 is no option, or has a value that does not fit")]
    [InlineData("http://me:geheim@a:1", "it has another scheme than redis:// and rediss://")]
    [InlineData("geheim://a:1", "it has another scheme")]
    [InlineData("redis://geheim@a:1", "it has a user without a password")]
    [InlineData("redis://geheim:@a:1", "it has a user without a password")]
    [InlineData("redis://:geheim@", "it names no host")]
    [InlineData("redis://:geheim@a:99999", "it names no host, or a port")]
    [InlineData("redis://me:geheim@a:1/x", "it has something else than one database number")]
    [InlineData("redis://me:geheim@a:1/65536", "it has something else than one database number")]
    [InlineData("redis://me:geheim@a:1/1/2", "it has something else than one database number")]
    [InlineData("redis://me:geheim@a:1?db=2", "it has a query (?) or a fragment (#)")]
    [InlineData("redis://me:geheim@a:1/2#x", "it has a query (?) or a fragment (#)")]
    [InlineData("redis://me:geheim@a,redis://me:geheim2@b",
        "part 2 and another part do not agree on user and password")]
    [InlineData("redis://me:geheim@a,redis://geheim2:geheim@b",
        "part 2 and another part do not agree on user and password")]
    [InlineData("redis://a,rediss://b", "part 2 and another part do not agree on TLS")]
    [InlineData("redis://a/1,redis://b/2", "part 2 has something else than one database number")]
    [InlineData("redis://:geheim@a,password=geheim2", "part 2 is no option, or has a value that does not fit")]
    public void What_is_mistyped_is_told_by_its_number_and_never_repeated(string text, string fault)
    {
        string told = Assert.Single(new RedisEndpoints(text).Faults);
        Assert.StartsWith(fault, told, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_part_that_is_wrong_is_told() => Assert.Equal(3, new RedisEndpoints("a,b:1,c,d=e").Faults.Count);

    [Theory]
    [InlineData("redis://me:geheim@a", "other", null, null, null, "Weir:User")]
    [InlineData("redis://me:geheim@a", null, "geheim2", null, null, "Weir:Password")]
    [InlineData("redis://me:geheim@a", null, null, true, null, "Weir:Ssl")]
    [InlineData("rediss://me:geheim@a", null, null, false, null, "Weir:Ssl")]
    [InlineData("redis://a/1", null, null, null, 0, "Weir:Database")]
    [InlineData("a:1,password=geheim", null, "geheim2", null, null, "Weir:Password")]
    public void What_is_given_in_two_places_in_two_ways_is_a_fault(
        string endpoints, string? user, string? password, bool? ssl, int? database, string setting)
    {
        string fault = Assert.Single(Options(endpoints, user, password, ssl, database).FindFaults("Weir:"));
        Assert.StartsWith($"{setting}: Weir:Endpoints says something else about ", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a:1", "me", null)]
    [InlineData("a:1,user=me", null, null)]
    [InlineData("a:1,b:2", "me", "")]
    public void A_user_without_a_password_is_a_fault_since_nobody_logs_in_as_it(string endpoints, string? user, string? password)
    {
        string fault = Assert.Single(Options(endpoints, user, password, null, null).FindFaults("Weir:"));
        Assert.Equal("Weir:User: a user without a password would be logged in as 'default'; set Weir:Password too", fault);
    }

    [Theory]
    [InlineData("a:1", "me", "geheim")]
    [InlineData("a:1", "default", null)]
    [InlineData("a:1", null, "geheim")]
    [InlineData("redis://:geheim@a", "me", null)]
    public void A_user_with_a_password_and_user_default_are_none(string endpoints, string? user, string? password) =>
        Assert.Empty(Options(endpoints, user, password, null, null).FindFaults("Weir:"));

    [Fact]
    public void What_is_given_in_two_places_in_one_way_is_none() =>
        Assert.Empty(Options("rediss://me:geheim@a/2", "me", "geheim", true, 2).FindFaults());

    [Fact]
    public void The_options_of_a_URL_are_those_of_the_connection()
    {
        var configuration =
            RedisConnection.Configure(new RedisOptions { Endpoints = "rediss://me:geheim@a.example/2" });
        Assert.Equal(("me", "geheim", true, 2),
            (configuration.User, configuration.Password, configuration.Ssl, configuration.DefaultDatabase));
        Assert.Equal("Unspecified/a.example:6379", Assert.Single(configuration.EndPoints).ToString());
    }

    [Fact]
    public void A_password_that_changes_is_that_of_connections_to_come()
    {
        var options = new RedisOptions { Endpoints = "a:1", Password = "geheim" };
        var configuration = RedisConnection.Configure(options);
        options.Password = "geheim2";
        Assert.Equal(("geheim2", "geheim2"), (configuration.Password, configuration.Clone().Password));
    }

    private static RedisOptions Options(string endpoints, string? user, string? password, bool? ssl, int? database) =>
        new() { Endpoints = endpoints, User = user, Password = password, Ssl = ssl, Database = database };
}
