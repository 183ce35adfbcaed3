using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Input;

public sealed class BadQueryTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    [Theory]
    [InlineData("", "key", "key is missing or empty")]
    [InlineData("?cost=1", "key", "key is missing or empty")]
    [InlineData("?key=", "key", "key is missing or empty")]
    [InlineData("?key", "key", "key is missing or empty")]
    [InlineData("?key=a&key=b", "key", "key is given 2 times: give it once")]
    [InlineData("?key=a&cost=1&cost=1", "cost", "cost is given 2 times: give it once")]
    [InlineData("?key=a&tenant=b&tenant=b", "tenant", "tenant is given 2 times: give it once")]
    [InlineData("?key=a&x=1", "x", "x is not a parameter of this path: leave it out, or correct its name (key, tenant, cost, cost.NAME, attributes.NAME, attributes)")]
    [InlineData("?Key=a", "Key", "Key is not a parameter of this path")]
    [InlineData("?key=a&attributes=1", "attributes", "attributes must be a JSON object of strings")]
    [InlineData("?key=a&cost=-1", "cost", "cost must be a whole number from 0 to 2147483648; it was \"-1\"")]
    [InlineData("?key=a&cost=", "cost", "cost must be a whole number from 0 to 2147483648; it was \"\"")]
    [InlineData("?key=a&cost=1.5", "cost", "cost must be a whole number from 0 to 2147483648; it was \"1.5\"")]
    [InlineData("?key=a&cost=1e3", "cost", "cost must be a whole number")]
    [InlineData("?key=a&cost=%201", "cost", "cost must be a whole number")]
    [InlineData("?key=a&cost=0x1", "cost", "cost must be a whole number")]
    [InlineData("?key=a&cost=2147483649", "cost", "cost must be a whole number from 0 to 2147483648; it was 2147483649")]
    [InlineData("?key=a&cost=99999999999999999999", "cost", "cost must be a whole number from 0 to 2147483648; it was \"99999999999999999999\"")]
    [InlineData("?key=a&cost.tokens=", "cost.tokens", "cost.tokens must be a whole number from 0 to 2147483648; it was \"\"")]
    [InlineData("?key=a&cost.tokens=-1", "cost.tokens", "cost.tokens must be a whole number from 0 to 2147483648; it was \"-1\"")]
    [InlineData("?key=a&cost.tokens=1.5", "cost.tokens", "cost.tokens must be a whole number from 0 to 2147483648; it was \"1.5\"")]
    [InlineData("?key=a&cost.tokens=2147483649", "costs.tokens", "costs.tokens must be a whole number from 0 to 2147483648; it was 2147483649")]
    [InlineData("?key=a&cost.tokens=1&cost.tokens=1", "cost.tokens", "cost.tokens is given 2 times: give it once")]
    [InlineData("?key=a&cost.=1", "costs", "a unit must be 1 to 64 characters")]
    [InlineData("?key=a&cost.requests=1", "costs.requests", "the cost in requests is the field cost: send it there")]
    [InlineData("?key=a&tenant=", "tenant", "tenant must be 1 to 64 characters")]
    [InlineData("?key=a&tenant=a%20b", "tenant", "tenant must be 1 to 64 characters")]
    public async Task A_wrong_parameter_is_named_with_its_cure(string query, string field, string cure)
    {
        var refused = await embedded.Http.GetAsync("/limit/check" + query);

        refused.AssertProblem(400);
        Assert.Equal(field, refused.Text("field"));
        Assert.StartsWith(cure, refused.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?key=a&attributes.x=1&attributes={\"x\":\"2\"}", "attributes.x")]
    [InlineData("?key=a&attributes={\"x\":\"2\"}&attributes.x=2", "attributes.x")]
    [InlineData("?key=a&attributes={\"y\":\"1\",\"x\":\"2\"}&attributes.z=1&attributes.y=1", "attributes.y")]
    public async Task One_attribute_in_two_ways_is_a_mistake(string query, string field)
    {
        var refused = await embedded.Http.GetAsync("/limit/check" + query);
        refused.AssertProblem(400);
        Assert.Equal((field, $"{field} is given twice, also in attributes: give it once"), (refused.Text("field"), refused.Text("detail")));
    }

    [Theory]
    [InlineData("?key=a&attributes={\"x\":\"1\",\"x\":\"2\"}")]
    [InlineData("?key=a&attributes=null")]
    [InlineData("?key=a&attributes={\"x\":1}")]
    public async Task Attributes_that_are_no_object_of_strings_are_a_mistake(string query) =>
        (await embedded.Http.GetAsync("/limit/check" + query)).AssertProblem(400);

    [Fact]
    public async Task Both_ways_together_are_taken_for_different_attributes() =>
        Assert.Equal(200, (await embedded.Http.GetAsync("/limit/check?key=a&attributes={\"x\":\"1\"}&attributes.y=2")).Status);

    [Fact]
    public async Task No_path_that_asks_for_a_key_takes_a_parameter_that_it_does_not_know()
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);
        var routes = server.Endpoints.OfType<RouteEndpoint>().Where(route => route.Metadata.GetMetadata<Access>()?.Scope is not null && route.Metadata.GetMetadata<IHttpMethodMetadata>() is not null).ToList();
        Assert.InRange(routes.Count, 30, 200);
        foreach (var route in routes)
        {
            string path = route.RoutePattern.RawText!.Replace("{id}", "x", StringComparison.Ordinal);
            string method = route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Single();
            string type = route.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes[0] ?? "application/json";
            foreach (string query in (string[])["?kee=a", "?key=a&KEY=b", "?limit=1&limit=2", "?x"])
            {
                var refused = await server.Http.AdminAsync(new HttpMethod(method), path + query, method is "GET" or "HEAD" or "DELETE" ? null : "{}", type);
                Assert.True(refused.Status == 400, $"{method} {path}{query}: {refused.Status} {refused.Body}");
                if (method != "HEAD")
                    Assert.Contains(refused.Text("field"), query, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task The_largest_cost_is_a_question_that_may_be_asked() =>
        Assert.Equal(-1, (await embedded.Http.GetAsync($"/limit/check?key={Fresh.Key()}&cost=2147483648")).Number("resetAtMs"));

    [Fact]
    public async Task A_long_name_of_an_unknown_parameter_does_not_come_back_whole()
    {
        string name = new('x', 3000);
        foreach (string query in (string[])[$"?{name}=1", $"?{name}=1&{name}=2", $"?key=a&cost={name}"])
        {
            var refused = await embedded.Http.GetAsync("/limit/check" + query);
            refused.AssertProblem(400);
            Assert.InRange(refused.Body.Length, 100, 500);
        }
    }

    [Fact]
    public async Task A_query_and_a_body_name_the_same_key()
    {
        const string Odd = "ü &=+%/😀";
        string tenant = Fresh.Tenant();
        await embedded.Http.TakeAsync(Odd, 10, tenant);

        Assert.False((await embedded.Http.GetAsync($"/limit/check?cost=10&key={Uri.EscapeDataString(Odd)}", tenant)).Flag("allowed"));
    }
}
