using EmbeddedLog.Testing.Recording;

namespace EmbeddedLog.Testing.Laws;

/// <summary>Whether the log has what it has acknowledged.</summary>
internal static class LossLaw
{
    /// <summary>Finds a record that is gone, or that reads otherwise than it was sent.</summary>
    public static LawViolation? Find(Ledger ledger)
    {
        Dictionary<RecordId, Acknowledged> sent = ledger.Acknowledgements.ToDictionary(each => each.Id);
        foreach (Acknowledged each in ledger.Acknowledgements)
        {
            if (!ledger.IsKept(each.Id) && FindCrash(ledger, each) is var crash && !MayTake(crash, each))
            {
                return Broken(
                    ledger,
                    each.Id,
                    $"{each.Id}, which is acknowledged as {each.Entry.Detail}, is in the log",
                    crash is null ? "the partition ends before it" : $"it is gone after the {crash.Detail}");
            }
        }

        foreach (HistoryEntry entry in ledger.Entries)
        {
            if (entry.Kind == HistoryEntryKind.HandedOut
                && ledger.IdOf(entry) is { } id
                && sent.TryGetValue(id, out Acknowledged? original)
                && (entry.Key != original.Entry.Key || TextOf(entry) != TextOf(original.Entry)))
            {
                return Broken(
                    ledger,
                    id,
                    $"{id} is read as it was sent: {original.Entry.Key} = {TextOf(original.Entry)}",
                    $"it was read as {entry.Key} = {TextOf(entry)}");
            }
        }

        return null;
    }

    /// <summary>The crash that has taken a record; null for none.</summary>
    private static HistoryEntry? FindCrash(Ledger ledger, Acknowledged sent)
    {
        HistoryEntry? crash = null;
        foreach (HistoryEntry entry in ledger.Entries.Skip(sent.Entry.Number))
        {
            if (entry.Kind == HistoryEntryKind.Crashed)
            {
                crash = entry;
            }
            else if (entry.Kind == HistoryEntryKind.Recovered && entry.Partition == sent.Id.Partition
                && entry.Offset <= sent.Id.Offset)
            {
                return crash;
            }
        }

        return null;
    }

    private static bool MayTake(HistoryEntry? crash, Acknowledged sent) =>
        crash is not null && !sent.IsFlushed && crash.Detail != Crash.Kill.ToString();

    /// <summary>Collections of a value are other objects when it is read: they are told apart by no text.</summary>
    private static string TextOf(HistoryEntry entry) => RecordText.Of(entry.Value);

    private static LawViolation Broken(Ledger ledger, RecordId record, string expected, string found) =>
        new(nameof(Law.NoLoss), expected, found, ledger.Explain(group: null, record)) { Seed = ledger.History.Seed };
}
