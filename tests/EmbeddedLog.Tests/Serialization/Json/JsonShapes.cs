using System.Text.Json.Serialization;

namespace EmbeddedLog.Tests.Serialization.Json;

/// <summary>A class as users have them.</summary>
internal sealed record PageView(string Path, int? Status = null);

/// <summary>A struct whose nullable form is in no context.</summary>
internal readonly record struct Point(int X, int Y);

/// <summary>A type that no context knows.</summary>
internal sealed record Unregistered(int Number);

/// <summary>A type whose getter fails after the first property was written.</summary>
internal sealed class Faulty
{
    public int Before { get; set; } = 1;

    public int Bad => Before > 0 ? throw new InvalidOperationException("The getter failed.") : 0;
}

[JsonSerializable(typeof(PageView))]
[JsonSerializable(typeof(Point))]
[JsonSerializable(typeof(Faulty))]
[JsonSerializable(typeof(List<int>))]
internal sealed partial class ShapesContext : JsonSerializerContext;

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PageView))]
[JsonSerializable(typeof(int))]
internal sealed partial class IndentedContext : JsonSerializerContext;
