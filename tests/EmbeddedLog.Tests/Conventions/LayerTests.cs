using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// Keeps the arrows between the rooms pointing one way. The room of a type is the folder of the file that declares it;
/// the arrows are those of the compiled code. No type is exempt.
/// </summary>
public sealed partial class LayerTests
{
    private const string Root = "EmbeddedLog";

    /// <summary>The rooms, lowest first: each uses those before it only. The last one is the root folder.</summary>
    private static readonly string[] s_rooms =
    [
        "Safety", "Validation", "Format", "Concurrency", "IO", "Records", "Errors", "Diagnostics", "Serialization",
        "Partitioning", "Files", "Segments", "Partitions", "Following", "Coordination", "Maintenance", "Topics",
        "Backup", "Producing", "Handling", "Consuming", "Opening", ".",
    ];

    /// <summary>The rooms whose own files stand below their subfolders; elsewhere they stand above them.</summary>
    private static readonly string[] s_roomsOfSeams = ["IO"];

    private static readonly Dictionary<string, string> s_folders = FoldersOfTypes();

    [Fact]
    public void Code_OfARoom_UsesOnlyTheRoomsBelow() =>
        Offences.AssertNone(
            from arrow in Arrows()
            where Rank(arrow.From) < Rank(arrow.To)
            select arrow.ToString());

    [Fact]
    public void Code_OfASubfolder_DoesNotUseTheFilesOfTheFolderAbove() =>
        Offences.AssertNone(
            from arrow in Arrows()
            let room = Room(arrow.From)
            where room == Room(arrow.To) && arrow.From != arrow.To
            where s_roomsOfSeams.Contains(room) ? arrow.From == room : arrow.To == room
            select arrow.ToString());

    [Fact]
    public void Folders_OfTheLibrary_AreInNoCycle()
    {
        Arrow[] arrows = [.. Arrows().Where(arrow => arrow.From != arrow.To)];
        ILookup<string, string> next = arrows
            .Select(arrow => (arrow.From, arrow.To)).Distinct().ToLookup(arrow => arrow.From, arrow => arrow.To);
        Dictionary<string, HashSet<string>> reached = s_folders.Values.Distinct().ToDictionary(
            folder => folder, folder => Reached(folder, next));

        Offences.AssertNone(
            from arrow in arrows
            where reached[arrow.To].Contains(arrow.From)
            select arrow.ToString());
    }

    [Fact]
    public void Picture_OfTheArchitecture_ShowsTheRoomsAndTheirArrows()
    {
        (string From, string To)[] drawn = [.. DrawnArrows()];
        Arrow[] arrows = [.. Arrows()];
        string[] shown = [.. drawn.SelectMany(arrow => (string[])[arrow.From, arrow.To]).Distinct()];
        ILookup<string, string> next = drawn.ToLookup(arrow => arrow.From, arrow => arrow.To);
        Dictionary<string, HashSet<string>> reached = s_rooms.ToDictionary(room => room, room => Reached(room, next));

        Offences.AssertNone(
        [
            .. s_rooms.Except(shown).Select(room => $"{room} is not in the picture"),
            .. shown.Except(s_rooms).Select(room => $"{room} is in the picture, and is no room"),
            .. from arrow in drawn
               where Rank(arrow.From) < Rank(arrow.To)
               select $"the picture's arrow {arrow.From} -> {arrow.To} points up",
            .. from arrow in drawn
               where !arrows.Any(real => Room(real.From) == arrow.From && Room(real.To) == arrow.To)
               select $"the picture's arrow {arrow.From} -> {arrow.To} is in no code",
            .. from arrow in arrows
               let room = Room(arrow.From)
               let used = Room(arrow.To)
               where room != used && !reached[room].Contains(used)
               select $"{arrow} has no way in the picture",
        ]);
    }

    [Fact]
    public void Folders_OfTheLibrary_AreKnownRooms() =>
        Offences.AssertNone(s_folders.Values.Select(Room).Except(s_rooms));

    [Fact]
    public void Namespaces_OfInternalTypes_FollowTheFolders()
    {
        IEnumerable<string> wrong =
            from type in Types()
            let folder = s_folders[NameOf(type)]
            let expected = type.IsPublic || folder == "." ? Root : $"{Root}.{folder.Replace('/', '.')}"
            where type.Namespace != expected
            select $"{type} is not in namespace {expected}";

        Offences.AssertNone(wrong);
    }

    [Fact]
    public void Types_ThatAreInternal_AreSealed()
    {
        IEnumerable<string> wrong =
            from type in Types()
            where !type.IsPublic && type is { IsClass: true, IsSealed: false, IsAbstract: false }
            select $"{type} must be sealed or abstract";

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
        Assert.Contains(
            typeof(EmbeddedLog.Serialization.Primitives.NullableSerde<>), TypeReferences.Of(typeof(Serdes)));
        Assert.Contains(typeof(EmbeddedLog.Validation.TextRules), TypeReferences.Of(typeof(Headers)));
        Assert.Equal("Records", s_folders[nameof(Headers)]);
    }

    private static IEnumerable<Arrow> Arrows() =>
        from type in Types()
        from used in TypeReferences.Of(type)
        let arrow = new Arrow(s_folders[NameOf(type)], s_folders.GetValueOrDefault(NameOf(used), "?"), type, used)
        where arrow.To != "?"
        select arrow;

    private static IEnumerable<Type> Types() =>
        from type in typeof(Durability).Assembly.GetTypes()
        where type.DeclaringType is null && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        where type.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true
        select type;

    /// <summary>The folders that arrows lead to from one, over others too.</summary>
    private static HashSet<string> Reached(string folder, ILookup<string, string> next)
    {
        HashSet<string> reached = [];
        Stack<string> open = new([folder]);
        while (open.TryPop(out string? from))
        {
            foreach (string to in next[from].Where(reached.Add))
            {
                open.Push(to);
            }
        }

        return reached;
    }

    /// <summary>The arrows of the picture in ARCHITECTURE.md: one line from a room to those that it uses.</summary>
    private static IEnumerable<(string From, string To)> DrawnArrows() =>
        from line in File.ReadLines(RepositoryRoot.Locate("src", Root, "ARCHITECTURE.md"))
        let match = DrawnArrow().Match(line)
        where match.Success
        from to in match.Groups["to"].Value.Split('&', StringSplitOptions.TrimEntries)
        select (match.Groups["from"].Value.Replace("Root", ".", StringComparison.Ordinal), to);

    private static string Room(string folder) => folder.Split('/')[0];

    private static int Rank(string folder) => Array.IndexOf(s_rooms, Room(folder));

    /// <summary>A type's name with the number of its parameters, as in <c>Record`2</c>.</summary>
    private static string NameOf(Type type) => type.Name;

    /// <summary>The folder of each type, as the sources declare it.</summary>
    private static Dictionary<string, string> FoldersOfTypes()
    {
        string root = RepositoryRoot.Locate("src", Root);
        Dictionary<string, string> folders = [];
        foreach (string file in RepositoryRoot.Sources(root))
        {
            int slash = file.LastIndexOf('/');
            foreach (Match match in TypeDeclaration().Matches(File.ReadAllText(Path.Combine(root, file))))
            {
                string parameters = match.Groups["parameters"].Value;
                string name = match.Groups["name"].Value
                    + (parameters.Length == 0 ? string.Empty : $"`{parameters.Count(c => c == ',') + 1}");
                folders[name] = slash < 0 ? "." : file[..slash];
            }
        }

        return folders;
    }

    [GeneratedRegex(
        @"^(?:public |internal )(?:\w+ )*?(?:class|struct|interface|enum|record|delegate \S+) (?!struct |class )"
            + @"(?<name>\w+)(?:<(?<parameters>[^>]*)>)?",
        RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"^\s+(?<from>\w+)(?:\[""[^""]*""\])? --> (?<to>[\w &]+)$")]
    private static partial Regex DrawnArrow();

    private sealed record Arrow(string From, string To, Type Type, Type Used)
    {
        public override string ToString() => $"{From} -> {To}: {Type.Name} uses {Used.Name}";
    }
}
