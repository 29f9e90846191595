using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>Keeps the source tree in the house style where a compiler does not.</summary>
public sealed partial class TidyTests
{
    private const int MaxFileLines = 400;
    private const int MaxLineChars = 120;
    private const int MaxFilesInAFolder = 20;

    /// <summary>A comment that begins with this says why a file is not split.</summary>
    private const string ReasonForLength = "// Over 400 lines";

    private const string Tests = "tests/EmbeddedLog.Tests/";

    private static readonly string[] s_folders = ["src", "tests", "samples", "benchmarks"];

    /// <summary>The folders of the tests that are no rooms of the library.</summary>
    private static readonly string[] s_foldersOfTests =
        ["Conventions", "Fixtures", "Infrastructure", "Properties", "Samples", "UserCode"];

    [Fact]
    public void Files_OfAllSources_AreShortOrSayWhyNot() =>
        Offences.AssertNone(
            from file in AllSources()
            let lines = Lines(file)
            where lines.Length > MaxFileLines
                && !lines.Any(line => line.TrimStart().StartsWith(ReasonForLength, StringComparison.Ordinal))
            select $"{file} has {lines.Length} lines, more than {MaxFileLines}: split it, or give the reason in a "
                + $"comment that begins with '{ReasonForLength}'");

    [Fact]
    public void Files_ThatSayWhyTheyAreLong_AreLong() =>
        Offences.AssertNone(
            from file in AllSources()
            let lines = Lines(file)
            where lines.Length <= MaxFileLines
                && lines.Any(line => line.TrimStart().StartsWith(ReasonForLength, StringComparison.Ordinal))
            select $"{file} has {lines.Length} lines, which needs no reason");

    [Fact]
    public void Folders_OfAllSources_HoldFewFiles() =>
        Offences.AssertNone(
            from file in AllSources()
            group file by file[..file.LastIndexOf('/')] into folder
            where folder.Count() > MaxFilesInAFolder
            select $"{folder.Key} has {folder.Count()} files, more than {MaxFilesInAFolder}: split it");

    [Fact]
    public void Folders_OfTheTests_AreThoseOfWhatTheyTest() =>
        Offences.AssertNone(
            from file in AllSources()
            let folder = FolderOfTest(file)
            where folder.Length > 0 && !s_foldersOfTests.Contains(folder.Split('/')[0])
            where !Directory.Exists(RepositoryRoot.Locate("src", "EmbeddedLog", folder))
                && !Directory.Exists(RepositoryRoot.Locate("src", "EmbeddedLog.Testing", folder))
            select $"{file} is in no folder of src");

    [Fact]
    public void Laws_OfTheTests_AreInProperties() =>
        Offences.AssertNone(
            from file in AllSources()
            where file.StartsWith(Tests, StringComparison.Ordinal)
            where file.EndsWith("Laws.cs", StringComparison.Ordinal)
            where FolderOfTest(file).Split('/')[0] != "Properties"
            select file);

    [Fact]
    public void Lines_OfAllSources_AreShort() =>
        Offences.AssertNone(
            from file in AllSources()
            from line in Numbered(file)
            where line.Text.Length > MaxLineChars && !InExpectedText(file, line.Text)
            select $"{file}({line.Number}) has {line.Text.Length} characters, more than {MaxLineChars}");

    [Fact]
    public void Characters_OfAllSources_AreAscii() =>
        Offences.AssertNone(
            from file in AllSources()
            from line in Numbered(file)
            where !System.Text.Ascii.IsValid(line.Text)
            select $"{file}({line.Number}) has characters beyond ASCII: write them as \\uXXXX");

    [Fact]
    public void Words_OfAllSources_AreNotThoseOfUnfinishedWork() =>
        Offences.AssertNone(
            from file in AllSources()
            where file != "tests/EmbeddedLog.Tests/Conventions/TidyTests.cs"
            from line in Numbered(file)
            where BannedWords().IsMatch(line.Text)
            select $"{file}({line.Number}): {line.Text.Trim()}");

    [Fact]
    public void Files_InSrc_HoldOneTypeOfTheirName() =>
        Offences.AssertNone(
            from file in AllSources()
            where file.StartsWith("src/", StringComparison.Ordinal)
            let name = Path.GetFileNameWithoutExtension(file)
            let types = Lines(file).Select(line => TopLevelType().Match(line)).Where(match => match.Success)
                .Select(match => match.Groups[1].Value + (match.Groups[2].Success ? "OfT" : "")).ToArray()
            where types.Length != 1 || (name != types[0] && name + "OfT" != types[0])
            select $"{file} declares {string.Join(", ", types)}");

    [Fact]
    public void Sources_OfThisTree_AreFound()
    {
        Assert.Contains("src/EmbeddedLog/Records/Durability.cs", AllSources());
        Assert.Contains("tests/EmbeddedLog.Tests/Conventions/TidyTests.cs", AllSources());
        Assert.Matches(BannedWords(), "// " + "TO" + "DO: later");
        Assert.DoesNotMatch(BannedWords(), "ToDouble");
    }

    /// <summary>The folder of a test below that of all tests; nothing for any other file.</summary>
    private static string FolderOfTest(string file) =>
        file.StartsWith(Tests, StringComparison.Ordinal)
            ? Path.GetDirectoryName(file[Tests.Length..])!.Replace(Path.DirectorySeparatorChar, '/')
            : string.Empty;

    private static IEnumerable<string> AllSources() =>
        from folder in s_folders
        let path = RepositoryRoot.Locate(folder)
        where Directory.Exists(path)
        from file in RepositoryRoot.Sources(path)
        select $"{folder}/{file}";

    private static string[] Lines(string file) => File.ReadAllLines(RepositoryRoot.Locate(file));

    private static IEnumerable<(int Number, string Text)> Numbered(string file) =>
        Lines(file).Select((text, i) => (i + 1, text));

    /// <summary>
    /// A line of an expected message in a raw string cannot be broken without changing what is expected.
    /// </summary>
    private static bool InExpectedText(string file, string line) =>
        file.StartsWith("tests/", StringComparison.Ordinal)
        && line.TrimStart().StartsWith("- ", StringComparison.Ordinal);

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|^\s*#region")]
    private static partial Regex BannedWords();

    [GeneratedRegex(
        @"^(?:(?:public|internal|sealed|abstract|static|readonly|ref|unsafe|partial|file) )+"
        + @"(?:class|struct|interface|enum|record(?: class| struct)?|delegate [\w<>?\[\]]+) (\w+)(<)?")]
    private static partial Regex TopLevelType();
}
