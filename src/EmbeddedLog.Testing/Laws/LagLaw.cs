using EmbeddedLog.Testing.Recording;

namespace EmbeddedLog.Testing.Laws;

/// <summary>Whether groups keep up.</summary>
internal static class LagLaw
{
    /// <summary>How many entries before a lag are shown: what it comes from is in none of them alone.</summary>
    private const int Shown = 8;

    /// <summary>Finds a lag that is too long.</summary>
    public static LawViolation? Find(Ledger ledger, long records, string? group)
    {
        HistoryEntry? lag = ledger.Entries.FirstOrDefault(entry =>
            entry.Kind == HistoryEntryKind.Lag && entry.Offset > records && (group ?? entry.Group) == entry.Group);
        return lag is null ? null : new LawViolation(
            nameof(Law.BoundedLag),
            $"the group is at most {records} records behind",
            $"it is {lag.Offset} records behind",
            [.. ledger.Entries.Take(lag.Number).TakeLast(Shown)])
        {
            Group = lag.Group,
            Seed = ledger.History.Seed,
        };
    }
}
