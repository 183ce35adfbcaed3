using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Paths;

/// <summary>A client made by NSwag of the description of a running server, compiled once for all tests of a class.</summary>
public sealed class GeneratedClient : IAsyncLifetime
{
    private ServerInMemory _server = null!;
    private HttpClient _http = null!;
    private Assembly _assembly = null!;
    private object _client = null!;

    public Type Type => _client.GetType();

    public async ValueTask InitializeAsync()
    {
        _server = await ServerInMemory.StartAsync(AdminCalls.Setting);
        _http = new HttpClient();
        _http.DefaultRequestHeaders.Authorization = new("Bearer", AdminCalls.Key);
        _assembly = Compile(await GenerateAsync());
        _client = Activator.CreateInstance(_assembly.GetType("Generated.WeirClient")!, _http)!;
        Type.GetProperty("BaseUrl")!.SetValue(_client, _server.Server.Address.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>Calls a method with some of its parameters by name, and null for the others.</summary>
    public async Task<object> CallAsync(string method, params (string Name, object? Value)[] arguments)
    {
        var called = Type.GetMethods().Single(found => found.Name == method && found.GetParameters().All(parameter => parameter.ParameterType != typeof(CancellationToken)));
        var task = (Task)called.Invoke(_client, [.. called.GetParameters().Select(parameter => arguments.FirstOrDefault(argument => argument.Name == parameter.Name).Value)])!;
        await task;
        return Value(task, "Result")!;
    }

    /// <summary>A body, as an argument.</summary>
    public (string Name, object? Value) Body(string type, params (string Name, object? Value)[] fields)
    {
        object body = Activator.CreateInstance(_assembly.GetType("Generated." + type)!)!;
        foreach (var (name, value) in fields)
            body.GetType().GetProperty(name)!.SetValue(body, value);
        return ("body", body);
    }

    public static object? Value(object of, string property) => of.GetType().GetProperty(property)!.GetValue(of);

    private async Task<string> GenerateAsync()
    {
        var document = await OpenApiDocument.FromJsonAsync((await _server.Server.Http.GetAsync("/openapi/v1.json")).Body);
        var settings = new CSharpClientGeneratorSettings { ClassName = "WeirClient" };
        settings.CSharpGeneratorSettings.Namespace = "Generated";
        // Otherwise a number, flag or time that is left out is sent as its default.
        settings.CSharpGeneratorSettings.GenerateOptionalPropertiesAsNullable = true;
        return new CSharpClientGenerator(document, settings).GenerateFile();
    }

    private static Assembly Compile(string source)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create("Generated", [CSharpSyntaxTree.ParseText(source)], references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using var compiled = new MemoryStream();
        var result = compilation.Emit(compiled);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Take(10)));
        compiled.Position = 0;
        return AssemblyLoadContext.Default.LoadFromStream(compiled);
    }
}
