using System.Globalization;

namespace EmbeddedLog.Torture.Hostile;

/// <summary>Reads seeds, one in each line, plays their cases, and answers each with a line.</summary>
internal sealed class HostileChild : ITortureChild
{
    /// <summary>The child's name.</summary>
    public const string ChildName = "hostile";

    /// <summary>The start of an answer that reports a violation.</summary>
    public const string Violated = "violated: ";

    /// <summary>The file that describes the forgery, for a case that ends the process or hangs.</summary>
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
