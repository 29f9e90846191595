namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>What is known of one partition: what a check has found there, and what was acknowledged since.</summary>
internal sealed class PartitionHistory
{
    /// <summary>
    /// What a check has found, by offset from <see cref="FoundStart"/> on: it may never change again.
    /// </summary>
    private readonly List<LoadIdentity> _found = [];

    /// <summary>What was acknowledged since the last check, by offset.</summary>
    private readonly Dictionary<long, LoadIdentity> _acknowledged = [];

    /// <summary>The start of the log as of the last check.</summary>
    public long FoundStart { get; private set; }

    /// <summary>The end of the log as of the last check.</summary>
    public long FoundEnd => FoundStart + _found.Count;

    /// <summary>What was acknowledged since the last check.</summary>
    public IReadOnlyDictionary<long, LoadIdentity> Acknowledged => _acknowledged;

    /// <summary>Behind the last record that was acknowledged, at any level.</summary>
    public long AcknowledgedEnd { get; private set; }

    /// <summary>Behind the last record that was acknowledged as flushed, itself or by a later one.</summary>
    public long FlushedEnd { get; private set; }

    /// <summary>What stands at an offset that a check has seen.</summary>
    public LoadIdentity FoundAt(long offset) => _found[(int)(offset - FoundStart)];

    /// <summary>Notes an acknowledgement.</summary>
    /// <exception cref="LoadViolationException">The offset was given out before.</exception>
    public void Acknowledge(LoadIdentity identity, long offset)
    {
        if (offset < FoundEnd || !_acknowledged.TryAdd(offset, identity))
        {
            throw new LoadViolationException(
                $"Offset {offset} was acknowledged for {identity} although it was given out before: the last check saw "
                + $"{FoundStart} to {FoundEnd}.");
        }

        AcknowledgedEnd = Math.Max(AcknowledgedEnd, offset + 1);
    }

    /// <summary>Notes that everything below an offset was acknowledged as flushed.</summary>
    public void AcknowledgeFlush(long upTo) => FlushedEnd = Math.Max(FlushedEnd, upTo);

    /// <summary>Notes what a check has found; that is on the disk, since a recovery flushes what it keeps.</summary>
    public void Replace(long start, IEnumerable<LoadIdentity> found)
    {
        FoundStart = start;
        _found.Clear();
        _found.AddRange(found);
        _acknowledged.Clear();
        AcknowledgedEnd = FlushedEnd = FoundEnd;
    }
}
