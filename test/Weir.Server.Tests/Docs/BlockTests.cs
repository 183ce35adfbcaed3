using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using YamlDotNet.RepresentationModel;

namespace Weir.Server.Tests.Docs;

/// <summary>The blocks of all pages are valid: policies load, JSON and YAML parse, and C# compiles.</summary>
public sealed class BlockTests
{
    /// <summary>The languages of blocks. Blocks of a shell are run: <see cref="ShellTests"/>.</summary>
    private static readonly string[] Languages =
        ["sh", "text", "http", "json", "yaml", "csharp", "ini", "mermaid", "javascript", "java", "lua",
         "typescript", "python", "go"];

    /// <summary>Usings that a project has anyway, and the namespace of the library.</summary>
    private const string Usings = "using System; using System.Threading.Tasks; using Weir;\n";

    public static TheoryData<string> Yaml => Of("yaml");

    public static TheoryData<string> Json => Of("json");

    public static TheoryData<string> CSharp => Of("csharp");

    [Fact]
    public void Every_block_names_its_language() => Assert.All(
        MarkdownPage.All.Values.Where(page => !page.Path.StartsWith("bench/", StringComparison.Ordinal))
            .SelectMany(page => page.Blocks),
        block => Assert.True(
            Languages.Contains(block.Language), $"{block.Place}: \"{block.Language}\" is none of the languages"));

    [Theory]
    [MemberData(nameof(Yaml))]
    public void Every_YAML_block_loads(string place)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Block(place).Text));
        Assert.NotEmpty(yaml.Documents);
        foreach (string policies in yaml.Documents.Select(document => document.RootNode).SelectMany(PoliciesIn))
            Assert.NotEmpty(PolicyDocument.Parse(policies.Length > 0 ? policies : Block(place).Text, place).Plans);
    }

    [Theory]
    [MemberData(nameof(Json))]
    public void Every_JSON_block_parses(string place)
    {
        using var json = JsonDocument.Parse(Block(place).Text);
        if (json.RootElement.TryGetProperty("defaultPlan", out _))
            Assert.NotEmpty(PolicyDocument.Parse(Block(place).Text, place).Plans);
    }

    [Theory]
    [MemberData(nameof(CSharp))]
    public void Every_CSharp_block_compiles(string place)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "Block", [CSharpSyntaxTree.ParseText(Usings + Block(place).Text)], references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication));

        Assert.Empty(compilation.GetDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error)
            .Select(found => found.ToString()));
    }

    /// <summary>The policies in a node: the texts of a ConfigMap, or an empty text for the block itself.</summary>
    private static IEnumerable<string> PoliciesIn(YamlNode root) => root is not YamlMappingNode mapping ? []
        : mapping.Children.ContainsKey("defaultPlan") ? [""]
        : mapping.Children.TryGetValue("kind", out var kind) && kind.ToString() == "ConfigMap"
            ? ((YamlMappingNode)mapping.Children["data"]).Children.Values.Select(text => text.ToString())
            : [];

    private static TheoryData<string> Of(string language) =>
        [.. MarkdownPage.All.Values.SelectMany(page => page.Blocks).Where(block => block.Language == language)
            .Select(block => block.Place)];

    private static MarkdownBlock Block(string place) => MarkdownPage.All.Values.SelectMany(page => page.Blocks)
        .Single(block => block.Place == place);
}
