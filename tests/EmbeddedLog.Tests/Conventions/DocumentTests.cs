using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>Keeps the documents true where they name files, folders and types.</summary>
public sealed partial class DocumentTests
{
    /// <summary>The documents about the sources. The changelog is not one: it tells of what once was.</summary>
    private static readonly string[] s_documents =
    [
        "README.md",
        "CONTRIBUTING.md",
        "benchmarks/README.md",
        "samples/AccessLog/README.md",
        "samples/FailingRecords/README.md",
        "samples/OrdersService/README.md",
        "samples/QuickStart/README.md",
        "samples/Services/README.md",
        "samples/Worker/README.md",
        "samples/TestingYourService/README.md",
        "tests/EmbeddedLog.Torture/README.md",
        "src/EmbeddedLog/ARCHITECTURE.md",
        "src/EmbeddedLog/DECISIONS.md",
        "src/EmbeddedLog/GUARANTEES.md",
        "src/EmbeddedLog/KAFKA.md",
        "src/EmbeddedLog/Format/FORMAT.md",
        "src/EmbeddedLog.Testing/README.md",
        "src/EmbeddedLog.Testing.FsCheck/README.md",
    ];

    /// <summary>The documents in which a name in code type is one of the sources or of .NET.</summary>
    private static readonly string[] s_documentsOfNames =
        [.. s_documents.Where(document => document.StartsWith("src/", StringComparison.Ordinal))];

    /// <summary>Where a path of a document may begin.</summary>
    private static readonly string[] s_roots = ["", "src/EmbeddedLog/", "tests/EmbeddedLog.Torture/"];

    private static readonly Lazy<HashSet<string>> s_words = new(FindWords);

    [Fact]
    public void Paths_InDocuments_Exist() =>
        Offences.AssertNone(
            from code in Code(s_documents)
            where IsPath(code.Text) && !s_roots.Any(root => Exists(root + code.Text))
            select $"{code.Document}: there is no {code.Text}");

    [Fact]
    public void Links_InDocuments_LeadSomewhere() =>
        Offences.AssertNone(
            from document in s_documents
            from Match link in Link().Matches(Read(document))
            let target = link.Groups[1].Value
            where !Exists(Path.Combine(Path.GetDirectoryName(document)!, target))
            select $"{document}: {target} leads nowhere");

    [Fact]
    public void Names_InDocuments_AreThoseOfTheSources() =>
        Offences.AssertNone(
            from code in Code(s_documentsOfNames)
            from Match name in Name().Matches(code.Text)
            where !s_words.Value.Contains(name.Value)
            select $"{code.Document}: nothing in the sources is named {name.Value}");

    [Fact]
    public void Commands_InDocuments_StandOnALineEach() =>
        Offences.AssertNone(
            from document in s_documents
            from line in Fence().Replace(Read(document), string.Empty).Split('\n')
            where IsBrokenCommand(line)
            select $"{document}: not a command that can be pasted: {line.Trim()}");

    [Fact]
    public void Checks_OfTrueAndFalseDocuments_FindOnlyTheFalseOnes()
    {
        Assert.False(IsBrokenCommand("    dotnet test -c Release     # 4 minutes"));
        Assert.True(IsBrokenCommand("    dotnet build # warnings are errors dotnet test"));
        Assert.True(IsBrokenCommand("    samples/AccessLog -- access.log dotnet run -- access.log.2.gz"));
        Assert.Contains(Code(s_documents), code => IsPath(code.Text) && code.Document == s_documentsOfNames[0]);
        Assert.True(Exists("src/EmbeddedLog/Format/"));
        Assert.False(Exists("src/EmbeddedLog/Format/NoFile.cs"));
        Assert.True(IsPath("IO/Linux/"));
        Assert.False(IsPath("topics/<name>"));
        Assert.Equal(["PartitionLog", "Append"], Name().Matches("PartitionLog.Append").Select(name => name.Value));
        Assert.Contains(nameof(DocumentTests), s_words.Value);
        Assert.DoesNotContain("No" + "SuchName", s_words.Value);
    }

    /// <summary>What stands in backquotes within a line.</summary>
    private static IEnumerable<(string Document, string Text)> Code(IEnumerable<string> documents) =>
        from document in documents
        from Match match in Quoted().Matches(Fence().Replace(Read(document), string.Empty))
        select (document, match.Groups[1].Value);

    /// <summary>Whether a line of a block of commands has a command that does not begin it.</summary>
    private static bool IsBrokenCommand(string line) =>
        line.StartsWith("    ", StringComparison.Ordinal) && Command().IsMatch(line.TrimStart());

    /// <summary>A source file, or a path below a folder that there is.</summary>
    private static bool IsPath(string text) =>
        PathLike().IsMatch(text) && (text.EndsWith(".cs", StringComparison.Ordinal) || text.EndsWith('/')
            || s_roots.Any(root => Exists(root + text.Split('/')[0])));

    private static bool Exists(string path)
    {
        string full = RepositoryRoot.Locate(path);
        return File.Exists(full) || Directory.Exists(full);
    }

    private static string Read(string document) => File.ReadAllText(RepositoryRoot.Locate(document));

    /// <summary>The words of the code: a comment may still tell of what has gone.</summary>
    private static HashSet<string> FindWords() =>
    [
        .. from folder in (string[])["src", "tests", "benchmarks", "samples"]
           from file in RepositoryRoot.Sources(RepositoryRoot.Locate(folder))
           from line in File.ReadLines(RepositoryRoot.Locate(folder, file))
           from Match word in Word().Matches(line.Split("//")[0])
           select word.Value,
    ];

    [GeneratedRegex(@"(?<=.)\b(dotnet (build|test|run|format)|\.ci/run)\b")]
    private static partial Regex Command();

    [GeneratedRegex("`([^`\\n]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\((?!http|#)([^)#\s]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^[\w.-]+(?:/[\w.-]+)*/?$")]
    private static partial Regex PathLike();

    /// <summary>A name of several words, as types and members have it.</summary>
    [GeneratedRegex(@"(?<![\w<>/-])[A-Z][a-z]+\w*(?![\w-])")]
    private static partial Regex Name();

    [GeneratedRegex(@"\b[A-Z]\w+")]
    private static partial Regex Word();
}
