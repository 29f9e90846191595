using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// The public surface stands in PublicApi.txt, so that a change of it is seen, and meant. To accept a change, run this
/// test with the environment variable EMBEDDEDLOG_UPDATE_PUBLIC_API=1 and look at the difference that it leaves in the
/// file.
/// </summary>
public sealed class PublicApiTests
{
    private const string UpdateVariable = "EMBEDDEDLOG_UPDATE_PUBLIC_API";

    [Fact]
    public void Surface_OfTheLibrary_IsTheOneOnRecord()
    {
        string file = RepositoryRoot.Locate("tests", "EmbeddedLog.Tests", "Conventions", "PublicApi.txt");
        string[] actual = [.. PublicApi.Render(typeof(Durability).Assembly)];
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(file, string.Join('\n', actual) + "\n");
            return;
        }

        string[] expected = File.ReadAllLines(file);
        if (!actual.SequenceEqual(expected))
        {
            Assert.Fail(
                "The public surface has changed (- on record, + now):\n" + Difference(expected, actual)
                + $"\nIf that is meant, update PublicApi.txt: {UpdateVariable}=1 dotnet test --filter PublicApiTests");
        }
    }

    [Fact]
    public void Difference_OfTwoSurfaces_NamesTypeAndMember() =>
        Assert.Equal(
            "- class B > int Y\n+ class B > int Z\n+ class C",
            Difference(
                ["class A", "    int X", "class B", "    int Y"],
                ["class A", "    int X", "class B", "    int Z", "class C"]));

    private static string Difference(string[] expected, string[] actual)
    {
        string[] before = WithTypes(expected);
        string[] after = WithTypes(actual);
        IEnumerable<string> lines = before.Except(after).Select(line => "- " + line)
            .Concat(after.Except(before).Select(line => "+ " + line));
        return string.Join('\n', lines);
    }

    /// <summary>Each member with its type before it, so that a line alone tells what changed.</summary>
    private static string[] WithTypes(string[] lines)
    {
        string type = "";
        return [.. lines.Select(line => line.StartsWith(' ') ? $"{type} > {line.Trim()}" : type = line)];
    }
}
