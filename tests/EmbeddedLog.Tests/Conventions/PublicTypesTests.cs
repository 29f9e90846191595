using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// The public members stand in the public-API analyzer's files. It does not look at what a type is (class, struct,
/// record; sealed, abstract), what it derives from and implements, variance, constraints, and what must be set: that
/// stands in PublicTypes.txt. To accept a change, run this test with the environment variable
/// EMBEDDEDLOG_UPDATE_PUBLIC_TYPES=1 and look at the difference that it leaves in the file.
/// </summary>
public sealed class PublicTypesTests
{
    private const string UpdateVariable = "EMBEDDEDLOG_UPDATE_PUBLIC_TYPES";

    [Fact]
    public void Types_OfTheLibrary_AreThoseOnRecord()
    {
        string file = RepositoryRoot.Locate("tests", "EmbeddedLog.Tests", "Conventions", "PublicTypes.txt");
        string[] actual = [.. PublicTypes.Render(typeof(Durability).Assembly)];
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(file, string.Join('\n', actual) + "\n");
            return;
        }

        string[] expected = File.ReadAllLines(file);
        Offences.AssertNone(
        [
            .. expected.Except(actual).Select(line => $"on record, and no more: {line.Trim()}"),
            .. actual.Except(expected).Select(line => $"not on record: {line.Trim()}"),
        ]);
        Assert.Equal(expected, actual);
    }
}
