namespace Weir.Server;

/// <summary>An entry of a descriptor.</summary>
internal readonly record struct EnvoyEntry(string Key, string Value);
