using Weir.Testing;
using YamlDotNet.RepresentationModel;

namespace Weir.Server.Tests.Deploy;

/// <summary>A Compose file as written, addressed by paths such as <c>services/weir/build/context</c>.</summary>
internal sealed class ComposeFile
{
    private readonly YamlNode _root;
    private readonly string _folder;

    private ComposeFile(YamlNode root, string folder)
    {
        _root = root;
        _folder = folder;
    }

    public static ComposeFile Load(string path)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Repository.Read(path)));
        return new ComposeFile(yaml.Documents.Single().RootNode, Path.GetDirectoryName(path)!);
    }

    /// <summary>The scalar at the path, or null.</summary>
    public string? Text(string path) => (Node(path) as YamlScalarNode)?.Value;

    /// <summary>The scalars of the list at the path; empty if there is no list.</summary>
    public string[] List(string path) =>
        Node(path) is YamlSequenceNode list ? [.. list.Children.Cast<YamlScalarNode>().Select(item => item.Value!)] : [];

    /// <summary>The keys of the mapping at the path; the empty path is the file itself.</summary>
    public string[] Keys(string path) =>
        Node(path) is YamlMappingNode mapping ? [.. mapping.Children.Keys.Cast<YamlScalarNode>().Select(key => key.Value!)] : [];

    /// <summary>A path in the file, which is relative to the file's folder, as one relative to the repository's root.</summary>
    public string FromRoot(string path) =>
        Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, _folder, path)));

    private YamlNode? Node(string path)
    {
        YamlNode? node = _root;
        foreach (var key in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            node = node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
        return node;
    }
}
