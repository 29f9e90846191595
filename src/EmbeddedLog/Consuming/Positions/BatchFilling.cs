namespace EmbeddedLog.Consuming.Positions;

/// <summary>The wait for more records of one batch of one partition.</summary>
/// <param name="From">The offset of the batch's first record; a wait for another one is over.</param>
/// <param name="DueAt">The time stamp at which it is handed out as it is.</param>
/// <param name="ReadyTo">Batches that begin below this offset have waited already.</param>
internal readonly record struct BatchFilling(long From, long DueAt, long ReadyTo)
{
    /// <summary>Whether a batch that begins at an offset waits.</summary>
    public bool IsAt(long offset) => From == offset && DueAt != 0 && offset >= ReadyTo;
}
