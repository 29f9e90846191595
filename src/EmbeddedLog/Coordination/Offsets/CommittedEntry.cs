namespace EmbeddedLog.Coordination.Offsets;

/// <summary>One committed offset in memory. Changed under the store's gate.</summary>
/// <param name="key">The key of its record, encoded once.</param>
internal sealed class CommittedEntry(byte[] key)
{
    /// <summary>The key of its record.</summary>
    public byte[] Key { get; } = key;

    /// <summary>The last commit.</summary>
    public OffsetValue Value
    {
        get;
        set
        {
            field = value;
            IsNew = false;
        }
    }

    /// <summary>Whether there was no commit yet, so that the store does not hold the entry.</summary>
    public bool IsNew { get; private set; } = true;

    /// <summary>Whether the topic was deleted, so that a snapshot must leave the entry out.</summary>
    public bool IsForgotten { get; set; }
}
