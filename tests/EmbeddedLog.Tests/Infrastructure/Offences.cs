namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>For rules over many places, where a failure must name all that break them.</summary>
internal static class Offences
{
    /// <summary>Fails with every offence on a line of its own, if there is any.</summary>
    public static void AssertNone(IEnumerable<string> offences)
    {
        string[] all = [.. offences];
        if (all.Length > 0)
        {
            Assert.Fail($"{all.Length} in all:\n{string.Join('\n', all)}");
        }
    }
}
