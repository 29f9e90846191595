using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>Keeps the README short, its examples compiled, and its figures those of the benchmarks.</summary>
public sealed partial class ReadmeTests
{
    private const int MaxLines = 120;
    private const int MaxExampleLines = 15;
    private const int Figures = 5;

    [Fact]
    public void Readme_ItsLines_AreFew() =>
        Assert.InRange(Read("README.md").Split('\n').Length - 1, 1, MaxLines);

    [Fact]
    public void FirstExample_IsTheProgramOfQuickStart()
    {
        string example = Example(0);

        Assert.Equal(Read("samples/QuickStart/Program.cs"), example + "\n");
        Assert.InRange(example.Split('\n').Length, 1, MaxExampleLines);
    }

    [Fact]
    public void SecondExample_IsTheLoopOfFailingRecords()
    {
        IEnumerable<string> body = Read("samples/FailingRecords/ViewService.cs").Split('\n')
            .SkipWhile(line => !line.EndsWith(" RunAsync()", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line != "    }")
            .Select(line => line.Length > 8 ? line[8..] : "");

        Assert.Equal(string.Join('\n', body), Example(1));
    }

    [Fact]
    public void Figures_OfTheReadme_AreThoseOfTheBenchmarks()
    {
        Dictionary<string, string> published = Rows("benchmarks/README.md")
            .Where(row => row.Length == 5)
            .ToDictionary(row => row[0], row => row[1]);
        string[][] shown = [.. Rows("README.md").SkipWhile(row => row[0] != "operation").Skip(2)];

        Assert.Equal(Figures, shown.Length);
        Assert.All(shown, row => Assert.Equal(published.GetValueOrDefault(row[0]), row[1]));
    }

    /// <summary>The rows of all tables of a document, each as its cells.</summary>
    private static IEnumerable<string[]> Rows(string document) =>
        from line in Read(document).Split('\n')
        where line.StartsWith('|')
        select line.Trim('|').Split('|', StringSplitOptions.TrimEntries);

    private static string Example(int index) => Fence().Matches(Read("README.md"))[index].Groups[1].Value;

    private static string Read(string path) =>
        File.ReadAllText(RepositoryRoot.Locate(path)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"```csharp\n(.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Fence();
}
