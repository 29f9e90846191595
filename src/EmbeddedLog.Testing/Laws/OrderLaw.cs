using EmbeddedLog.Testing.Recording;

namespace EmbeddedLog.Testing.Laws;

/// <summary>Whether records were handled in the order of their offsets.</summary>
internal static class OrderLaw
{
    /// <summary>Finds the first record that was handled out of order.</summary>
    /// <param name="ledger">The history.</param>
    /// <param name="byKey">Whether only those of a key have an order; records without a key have none then.</param>
    public static LawViolation? Find(Ledger ledger, bool byKey)
    {
        foreach (string group in ledger.Groups)
        {
            // By partition and key: the furthest record that was handled, and what each member has handled last.
            Dictionary<(TopicPartition, string?), Lane> lanes = [];
            foreach ((RecordId id, HistoryEntry entry) in ledger.HandledBy(group))
            {
                string? key = byKey ? KeyOf(ledger, entry) : null;
                if (byKey && key is null)
                {
                    continue;
                }

                if (!lanes.TryGetValue((id.Partition, key), out Lane? lane))
                {
                    lanes.Add((id.Partition, key), lane = new Lane());
                }

                if (lane.FindLaterThan(id, entry, HandOutOf(ledger, entry)) is { } later)
                {
                    string of = key is null ? $"partition {id.Partition}" : $"key {key} in {id.Partition}";
                    return new LawViolation(
                        byKey ? nameof(Law.PerKeyOrder) : nameof(Law.PerPartitionOrder),
                        $"{id} is handled before {later}, as the order of {of} says",
                        $"{later} was handled before {id}",
                        ledger.Explain(group, id, later))
                    {
                        Group = group,
                        Seed = ledger.History.Seed,
                    };
                }
            }
        }

        return null;
    }

    private static string? KeyOf(Ledger ledger, HistoryEntry entry) =>
        entry.Key ?? (entry.Cause > 0 ? ledger.Entries[entry.Cause - 1].Key : null);

    /// <summary>The number of the hand-out that was handled; 0 if it is not known.</summary>
    private static int HandOutOf(Ledger ledger, HistoryEntry entry) =>
        entry.Cause > 0 && ledger.Entries[entry.Cause - 1].Kind == HistoryEntryKind.HandedOut ? entry.Cause : 0;

    private sealed class Lane
    {
        private readonly HashSet<RecordId> _handled = [];

        /// <summary>By member: the hand-outs that it has handled, and their records.</summary>
        private readonly Dictionary<string, List<(int HandOut, RecordId Id)>> _byMember = [];

        private RecordId? _furthest;

        /// <summary>A record that was handled before this one, and must not have been; null for none.</summary>
        public RecordId? FindLaterThan(RecordId id, HistoryEntry entry, int handOut)
        {
            RecordId? later = null;
            if (_handled.Add(id) && _furthest is { } furthest && IsBehind(furthest, id))
            {
                later = furthest;
            }

            if (later is null && handOut > 0)
            {
                // What a member was handed later, in the same go, must not have been handled before.
                List<(int HandOut, RecordId Id)> own = Of(entry.Member ?? string.Empty);
                later = own.Where(each => each.HandOut > handOut && IsBehind(each.Id, id))
                    .Select(each => (RecordId?)each.Id).FirstOrDefault();
                own.Add((handOut, id));
            }

            if (_furthest is not { } last || IsBehind(id, last))
            {
                _furthest = id;
            }

            return later;
        }

        private static bool IsBehind(RecordId later, RecordId earlier) =>
            (later.Era, later.Offset).CompareTo((earlier.Era, earlier.Offset)) > 0;

        private List<(int HandOut, RecordId Id)> Of(string member)
        {
            if (!_byMember.TryGetValue(member, out List<(int HandOut, RecordId Id)>? own))
            {
                _byMember.Add(member, own = []);
            }

            return own;
        }
    }
}
