namespace EmbeddedLog.Handling;

/// <summary>A record between its being taken and its end. All under the lock of the handling.</summary>
/// <param name="record">The record.</param>
/// <param name="traits">What its handling depends on.</param>
/// <param name="window">The window that it belongs to.</param>
internal sealed class RecordInHand<TKey, TValue>(
    Record<TKey, TValue> record, RecordTraits traits, PartitionWindow<TKey, TValue> window)
{
    /// <summary>The record.</summary>
    public Record<TKey, TValue> Record { get; } = record;

    /// <summary>What its handling depends on.</summary>
    public RecordTraits Traits { get; } = traits;

    /// <summary>The window that it belongs to.</summary>
    public PartitionWindow<TKey, TValue> Window { get; } = window;

    /// <summary>Where it is on its way.</summary>
    public HandlingState State { get; set; }

    /// <summary>How often its handler was called.</summary>
    public int Attempts { get; set; }

    /// <summary>The record behind it of the same key or partition.</summary>
    public RecordInHand<TKey, TValue>? Next { get; set; }

    /// <summary>Its place among those that are in hand: later ones have higher numbers.</summary>
    public long Number { get; set; }

    /// <summary>Whether it counts as in hand.</summary>
    public bool IsCounted { get; set; }

    /// <summary>Whether it is in the list by age.</summary>
    public bool IsListed { get; set; }

    /// <summary>The neighbour in the list by age.</summary>
    public RecordInHand<TKey, TValue>? Older { get; set; }

    /// <summary>The neighbour in the list by age.</summary>
    public RecordInHand<TKey, TValue>? Newer { get; set; }
}
