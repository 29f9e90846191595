using System.Text;

namespace EmbeddedLog.Testing;

/// <summary>How a law is broken, and by what. Immutable.</summary>
/// <param name="Law">The name of the law.</param>
/// <param name="Expected">What had to be.</param>
/// <param name="Found">What is.</param>
/// <param name="History">The entries that show it, and no others, in their order.</param>
public sealed record LawViolation(string Law, string Expected, string Found, IReadOnlyList<HistoryEntry> History)
{
    private const int MaxShownEntries = 40;

    /// <summary>The group whose consumers broke it; null for none.</summary>
    public string? Group { get; init; }

    /// <summary>The seed of the simulated log; null on a real one.</summary>
    public int? Seed { get; init; }

    /// <summary>The law, what was expected and found, the history, and the seed, in some lines.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append($"{Law} does not hold{(Group is null ? "" : $" for group '{Group}'")}.\n");
        text.Append($"expected: {Expected}\n   found: {Found}\n");
        foreach (HistoryEntry entry in History.Take(MaxShownEntries))
        {
            text.Append($"  {entry}\n");
        }

        if (History.Count > MaxShownEntries)
        {
            text.Append($"  ... and {History.Count - MaxShownEntries} more\n");
        }

        text.Append(Seed is null ? "" : $"    seed: {Seed}\n");
        return text.ToString().TrimEnd('\n');
    }
}
