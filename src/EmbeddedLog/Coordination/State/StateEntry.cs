namespace EmbeddedLog.Coordination.State;

/// <summary>The value of one key in memory. Changed under the state's gate.</summary>
/// <param name="key">The key's bytes, encoded once.</param>
internal sealed class StateEntry<TValue>(byte[] key)
{
    /// <summary>The key's bytes.</summary>
    public byte[] Key { get; } = key;

    /// <summary>The last value.</summary>
    public TValue Value
    {
        get;
        set
        {
            field = value;
            IsNew = false;
        }
    }
        = default!;

    /// <summary>Whether there was no value yet, so that the state does not hold the entry.</summary>
    public bool IsNew { get; private set; } = true;

    /// <summary>Whether the key was removed, so that a snapshot must leave the entry out.</summary>
    public bool IsRemoved { get; set; }
}
