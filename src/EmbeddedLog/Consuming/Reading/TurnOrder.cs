using EmbeddedLog.Consuming.Positions;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// The order in which partitions have their turns: the partitions of each topic are spread evenly over a round, so that
/// no topic waits for all partitions of another. Immutable.
/// </summary>
internal sealed class TurnOrder
{
    /// <summary>The slots in the order of their turns.</summary>
    private readonly int[] _slots;

    /// <summary>The turns by slot.</summary>
    private readonly int[] _turns;

    public TurnOrder(ReadOnlySpan<PartitionCursor> cursors)
    {
        _slots = new int[cursors.Length];
        _turns = new int[cursors.Length];
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        int[] places = new int[cursors.Length];
        for (int slot = 0; slot < cursors.Length; slot++)
        {
            _slots[slot] = slot;
            string topic = cursors[slot].Log.Id.Topic;
            places[slot] = counts.GetValueOrDefault(topic);
            counts[topic] = places[slot] + 1;
        }

        double[] parts = new double[cursors.Length];
        for (int slot = 0; slot < cursors.Length; slot++)
        {
            parts[slot] = (double)places[slot] / counts[cursors[slot].Log.Id.Topic];
        }

        Array.Sort(_slots, (one, other) =>
            parts[one] != parts[other] ? parts[one].CompareTo(parts[other]) : one.CompareTo(other));
        for (int turn = 0; turn < _slots.Length; turn++)
        {
            _turns[_slots[turn]] = turn;
        }
    }

    /// <summary>The slot that has its turn so many turns after another one.</summary>
    public int SlotAt(int turn, int after) => _slots[(turn + after) % _slots.Length];

    /// <summary>The turn that follows that of a slot.</summary>
    public int TurnAfter(int slot) => (_turns[slot] + 1) % _turns.Length;
}
