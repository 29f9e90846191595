namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>The known records of one partition: those found by the last check, and those acknowledged since.</summary>
internal sealed class PartitionHistory
{
    /// <summary>
    /// The records found by the last check, by offset from <see cref="FoundStart"/> on: they may never change again.
    /// </summary>
    private readonly List<LoadIdentity> _found = [];

    /// <summary>The acknowledgements since the last check, by offset.</summary>
    private readonly Dictionary<long, LoadIdentity> _acknowledged = [];

    /// <summary>The start of the log as of the last check.</summary>
    public long FoundStart { get; private set; }

    /// <summary>The end of the log as of the last check.</summary>
    public long FoundEnd => FoundStart + _found.Count;

    /// <summary>The acknowledgements since the last check.</summary>
    public IReadOnlyDictionary<long, LoadIdentity> Acknowledged => _acknowledged;

    /// <summary>The offset after the last acknowledged record, at any level.</summary>
    public long AcknowledgedEnd { get; private set; }

    /// <summary>The offset after the last record acknowledged as flushed, itself or by a later one.</summary>
    public long FlushedEnd { get; private set; }

    /// <summary>The record at an offset that a check has seen.</summary>
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

    /// <summary>
    /// Notes the records found by a check. They are on the disk, since a recovery flushes what it keeps.
    /// </summary>
    public void Replace(long start, IEnumerable<LoadIdentity> found)
    {
        FoundStart = start;
        _found.Clear();
        _found.AddRange(found);
        _acknowledged.Clear();
        AcknowledgedEnd = FlushedEnd = FoundEnd;
    }
}
