using EmbeddedLog.Testing.Recording;

namespace EmbeddedLog.Testing.Laws;

/// <summary>Whether records were handled as often as they must be.</summary>
internal static class CountLaw
{
    /// <summary>Finds a record that is due and was not handled.</summary>
    /// <param name="ledger">The history.</param>
    /// <param name="orDeadLettered">Whether a dead letter does as well.</param>
    public static LawViolation? FindMissing(Ledger ledger, bool orDeadLettered)
    {
        foreach (string group in ledger.Groups)
        {
            HashSet<RecordId> done = [.. ledger.HandledBy(group).Select(each => each.Id)];
            if (orDeadLettered)
            {
                done.UnionWith(ledger.Entries
                    .Where(entry => entry.Kind == HistoryEntryKind.DeadLettered && (entry.Group ?? group) == group)
                    .Select(entry => ledger.IdOf(entry)!.Value));
            }

            foreach (Acknowledged sent in ledger.Acknowledgements)
            {
                if (!done.Contains(sent.Id) && ledger.MustBeHandled(group, sent.Id))
                {
                    string law = orDeadLettered
                        ? nameof(Law.DeadLettersAccountForWhatIsMissing)
                        : nameof(Law.AtLeastOnce);
                    string why = ledger.HasEnded ? "nothing more comes" : "the group has committed beyond it";
                    return Broken(
                        ledger,
                        law,
                        group,
                        $"{sent.Id} is handled at least once{(orDeadLettered ? ", or has a dead letter" : "")}",
                        $"it was not handled{(orDeadLettered ? " and has no dead letter" : "")}, and {why}",
                        [sent.Id]);
                }
            }
        }

        return null;
    }

    /// <summary>Finds a record that was handled twice.</summary>
    public static LawViolation? FindRepeated(Ledger ledger)
    {
        foreach (string group in ledger.Groups)
        {
            HashSet<RecordId> done = [];
            foreach ((RecordId id, HistoryEntry entry) in ledger.HandledBy(group))
            {
                if (!done.Add(id))
                {
                    return Broken(
                        ledger,
                        nameof(Law.AtMostOnce),
                        group,
                        $"{id} is handled at most once",
                        $"it was handled again by {entry.Member ?? "a consumer"}",
                        [id]);
                }
            }
        }

        return null;
    }

    /// <summary>Finds a key that was not handled exactly once.</summary>
    public static LawViolation? FindNotOnce<TValue>(Ledger ledger, Func<TValue, object> by)
    {
        foreach (string group in ledger.Groups)
        {
            ILookup<object, RecordId> handled = ledger.HandledBy(group)
                .Where(each => each.Entry.Value is TValue)
                .ToLookup(each => by((TValue)each.Entry.Value!), each => each.Id);
            foreach (IGrouping<object, RecordId> key in handled)
            {
                if (key.Count() > 1)
                {
                    return Broken(
                        ledger,
                        nameof(Law.EffectivelyOnce),
                        group,
                        $"{RecordText.Of(key.Key)} is handled exactly once",
                        $"it was handled {key.Count()} times",
                        key);
                }
            }

            foreach (Acknowledged sent in ledger.Acknowledgements)
            {
                if (sent.Entry.Value is TValue value && !handled.Contains(by(value))
                    && ledger.MustBeHandled(group, sent.Id))
                {
                    return Broken(
                        ledger,
                        nameof(Law.EffectivelyOnce),
                        group,
                        $"{RecordText.Of(by(value))} is handled exactly once",
                        "it was not handled",
                        [sent.Id]);
                }
            }
        }

        return null;
    }

    private static LawViolation Broken(
        Ledger ledger, string law, string group, string expected, string found, IEnumerable<RecordId> records) =>
        new(law, expected, found, ledger.Explain(group, records)) { Group = group, Seed = ledger.History.Seed };
}
