using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests;

/// <summary>Keeps the arrows between the layers pointing one way; a layer is a folder and its namespace.</summary>
public sealed partial class LayerTests
{
    private const string Root = "EmbeddedLog";

    /// <summary>
    /// What each layer may use beside itself. "Values" are the public types that are not <see cref="s_tops"/>.
    /// </summary>
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["Safety"] = [],
        ["Format"] = ["Safety"],
        ["IO"] = [],
        ["Validation"] = [],
        ["Partitioning"] = ["Values"],
        ["Serialization"] = ["Values", "Validation"],
        ["Diagnostics"] = ["Values"],
        ["Storage"] = ["Values", "Validation", "Diagnostics", "Safety", "Format", "IO"],
        ["Maintenance"] = ["Values", "Validation", "Diagnostics", "Format", "IO", "Storage"],
        ["Following"] = ["Values", "Validation", "Diagnostics", "Format", "IO", "Storage"],
        ["Topics"] = ["Values", "Tops", "Validation", "Format", "IO", "Storage", "Following"],
        ["Producing"] =
            ["Values", "Validation", "Diagnostics", "Format", "IO", "Storage", "Serialization", "Partitioning"],
        ["Groups"] = ["Values", "Validation", "Diagnostics", "Safety", "Format", "IO", "Storage"],
        ["Backup"] = ["Values", "Tops", "Format", "IO", "Storage", "Topics", "Groups"],
        ["Opening"] = ["Values", "Tops", "Validation", "Format", "IO", "Storage", "Maintenance", "Topics", "Groups"],
        ["Consuming"] = ["Values", "Validation", "IO", "Storage", "Serialization", "Groups"],
    };

    /// <summary>The public types that stand on top of all layers, by the beginning of their names.</summary>
    private static readonly string[] s_tops =
    [
        "CommitLog", "Topic", "Partition", "ReadOnlyLog", "ReadOnlyTopic", "ReadOnlyPartition",
        "Producer`2", "IProducer`2", "Consumer`2", "IConsumer`2",
    ];

    [Fact]
    public void Code_OfALayer_UsesOnlyTheLayersBelow()
    {
        IEnumerable<string> wrong =
            from type in typeof(Durability).Assembly.GetTypes()
            where type.DeclaringType is null && Layer(type) is { } layer && layer is not ("Values" or "Tops")
            from used in TypeReferences.Of(type)
            let usedLayer = Layer(used)
            where usedLayer is not null && usedLayer != Layer(type) && !s_allowed[Layer(type)!].Contains(usedLayer)
            select $"{type} uses {used}";

        Offences.AssertNone(wrong);
    }

    [Fact]
    public void Usings_OfALayer_NameOnlyTheLayersBelow()
    {
        string folder = RepositoryRoot.Locate("src", Root);
        IEnumerable<string> wrong =
            from file in RepositoryRoot.Sources(folder)
            where file.Contains('/')
            let layer = file.Split('/')[0]
            from Match match in UsingDirective().Matches(File.ReadAllText(Path.Combine(folder, file)))
            let used = match.Groups[1].Value
            where used != layer && !s_allowed[layer].Contains(used)
            select $"{file}: {match.Value}";

        Offences.AssertNone(wrong);
    }

    [Fact]
    public void Folders_OfTheLibrary_AreKnownLayers()
    {
        string folder = RepositoryRoot.Locate("src", Root);

        Offences.AssertNone(RepositoryRoot.Sources(folder)
            .Where(file => file.Contains('/'))
            .Select(file => file.Split('/')[0])
            .Except(s_allowed.Keys));
    }

    [Fact]
    public void Namespaces_OfTheLibrary_FollowTheFolders()
    {
        string folder = RepositoryRoot.Locate("src", Root);
        IEnumerable<string> wrong =
            from file in RepositoryRoot.Sources(folder)
            let expected = string.Join('.', file.Split('/')[..^1].Prepend(Root))
            where !File.ReadAllLines(Path.Combine(folder, file)).Contains($"namespace {expected};")
            select $"{file} is not in namespace {expected}";

        Offences.AssertNone(wrong);
    }

    [Fact]
    public void Types_InAFolder_AreInternalAndSealed()
    {
        IEnumerable<string> wrong =
            from type in typeof(Durability).Assembly.GetTypes()
            where Layer(type) is not (null or "Values" or "Tops")
            where type.IsVisible || (type is { IsClass: true, IsSealed: false, IsAbstract: false })
            select $"{type} must be internal, and sealed or abstract";

        Offences.AssertNone(wrong);
    }

    [Fact]
    public void Types_InTheRoot_ArePublic()
    {
        IEnumerable<string> wrong =
            from type in typeof(Durability).Assembly.GetTypes()
            where type.DeclaringType is null && Layer(type) is "Values" or "Tops" && !type.IsPublic
            select $"{type} belongs in a folder";

        Offences.AssertNone(wrong);
    }

    [Fact]
    public void References_OfKnownTypes_AreFound()
    {
        // Without this, a scanner that finds nothing would keep every rule.
        IReadOnlySet<Type> found = TypeReferences.Of(typeof(Partitioners));

        Assert.Contains(typeof(IPartitioner), found);
        Assert.Contains(typeof(EmbeddedLog.Partitioning.StickyPartitioner), found);
        Assert.Contains(typeof(EmbeddedLog.Validation.OptionFaults), TypeReferences.Of(typeof(ProducerOptions)));
        Assert.Contains(typeof(EmbeddedLog.Serialization.NullableSerde<>), TypeReferences.Of(typeof(Serdes)));
        Assert.Contains(typeof(EmbeddedLog.Validation.TextRules), TypeReferences.Of(typeof(Headers)));
    }

    /// <summary>The layer of a type, or null for what the compiler made.</summary>
    private static string? Layer(Type type)
    {
        if (type.Namespace?.StartsWith(Root, StringComparison.Ordinal) != true
            || type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
        {
            return null;
        }

        Type outermost = type;
        while (outermost.DeclaringType is { } outer)
        {
            outermost = outer;
        }

        string[] parts = type.Namespace.Split('.');
        return parts.Length > 1 ? parts[1] : s_tops.Contains(outermost.Name) ? "Tops" : "Values";
    }

    [GeneratedRegex(@"^using (?:static |\w+ = )?EmbeddedLog\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();
}
