using System.Globalization;

namespace EmbeddedLog.Torture.Hostile;

/// <summary>Plays the cases whose seeds it is told, a line each, and answers each with a line.</summary>
internal sealed class HostileChild : ITortureChild
{
    /// <summary>The child's name.</summary>
    public const string ChildName = "hostile";

    /// <summary>What an answer begins with that tells a violation.</summary>
    public const string Violated = "violated: ";

    /// <summary>The file that says what was forged, for a case that ends the process or hangs.</summary>
    public const string ForgedName = "forged";

    public string Name => ChildName;

    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        string scratch = arguments[0];
        HostileFixtures fixtures = await HostileFixtures.MakeAsync(Path.Combine(scratch, "fixtures"));
        while (await Console.In.ReadLineAsync() is { } line)
        {
            int seed = int.Parse(line, CultureInfo.InvariantCulture);
            HostileCase played = new(seed, fixtures, Path.Combine(scratch, "case"));
            await File.WriteAllTextAsync(Path.Combine(scratch, ForgedName), played.Forged);
            string answer = await played.PlayAsync();
            Console.Out.WriteLine(answer.ReplaceLineEndings("\t"));
            Console.Out.Flush();
        }

        return 0;
    }
}
