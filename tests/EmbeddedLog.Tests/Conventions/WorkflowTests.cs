using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// Keeps the workflow true where it names files of the tree and what their scripts take. It runs on systems that nobody
/// here has, so a wrong name would be seen by its users first.
/// </summary>
public sealed partial class WorkflowTests
{
    private const string Workflow = ".github/workflows/platforms.yml";

    private static readonly string[] s_lines = File.ReadAllLines(RepositoryRoot.Locate(Workflow));

    /// <summary>The scripts of the tree that the workflow runs, with their arguments.</summary>
    private static IEnumerable<string[]> Scripts =>
        from line in s_lines
        let run = Run().Match(line)
        where run.Success && run.Groups[1].Value.StartsWith('.')
        select run.Groups[1].Value.Split(' ');

    [Fact]
    public void Scripts_OfTheWorkflow_ExistAndMayRun() =>
        Offences.AssertNone(
            from script in Scripts
            let path = RepositoryRoot.Locate(script[0])
            where !File.Exists(path) || !MayRun(path)
            select $"{Workflow}: {script[0]} is missing or may not be run");

    [Fact]
    public void Arguments_OfTheWorkflow_AreKnownToTheirScripts() =>
        Offences.AssertNone(
            from script in Scripts
            let known = Known(File.ReadAllText(RepositoryRoot.Locate(script[0])))
            from argument in script.Skip(1)
            where !known.Contains(argument)
            select $"{Workflow}: {script[0]} takes no {argument}");

    [Fact]
    public void Outputs_OfTheWorkflow_AreWrittenByItsScripts() =>
        Offences.AssertNone(
            from line in s_lines
            let path = Output().Match(line)
            where path.Success
            where !Scripts.Any(script => File.ReadAllText(RepositoryRoot.Locate(script[0]))
                .Contains(path.Groups[1].Value, StringComparison.Ordinal))
            select $"{Workflow}: nothing is written to {path.Groups[1].Value}");

    [Fact]
    public void Inputs_OfTheWorkflow_Exist() =>
        Offences.AssertNone(
            from line in s_lines
            let file = Input().Match(line)
            where file.Success && !File.Exists(RepositoryRoot.Locate(file.Groups[1].Value))
            select $"{Workflow}: there is no {file.Groups[1].Value}");

    [Fact]
    public void TheChecksThemselves_SeeWhatTheyCheck()
    {
        Assert.Equal([[".ci/platforms", "here"], [".ci/platforms", "here"]], Scripts);
        Assert.Equal(2, s_lines.Count(line => Output().IsMatch(line)));
        Assert.Contains(s_lines, line => Input().IsMatch(line));
        Assert.Contains("--quick", Known("case $argument in\n    --quick) x=1 ;;\n    a | b) y ;;\nesac"));
        Assert.Contains("b", Known("case $argument in\n    --quick) x=1 ;;\n    a | b) y ;;\nesac"));
        Assert.DoesNotContain("c", Known("case $argument in\n    --quick) x=1 ;;\n    a | b) y ;;\nesac"));
    }

    /// <summary>The labels of the choice that a script makes by its arguments.</summary>
    private static string[] Known(string script) =>
    [
        .. from Match choice in Choice().Matches(script)
           from Match label in Label().Matches(choice.Value)
           from name in label.Groups[1].Value.Split(" | ")
           select name,
    ];

    private static bool MayRun(string path) =>
        OperatingSystem.IsWindows() || File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);

    [GeneratedRegex(@"^\s*(?:- )?run: (.+)$")]
    private static partial Regex Run();

    [GeneratedRegex(@"^\s*path: (.+)/\*\.log$")]
    private static partial Regex Output();

    [GeneratedRegex(@"^\s*global-json-file: (.+)$")]
    private static partial Regex Input();

    [GeneratedRegex(@"case \$argument in.*?esac", RegexOptions.Singleline)]
    private static partial Regex Choice();

    [GeneratedRegex(@"^\s*([\w-]+(?: \| [\w-]+)*)\)", RegexOptions.Multiline)]
    private static partial Regex Label();
}
