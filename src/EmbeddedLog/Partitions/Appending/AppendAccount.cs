namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// What one sender has appended to a partition, and whether somebody follows up what becomes of it. It is counted
/// inside the append lock: a counter of its own needs another interlocked instruction for each record, which waits
/// until the record has left the processor.
/// </summary>
internal sealed class AppendAccount
{
    /// <summary>The bytes that were ever appended. Written under the append lock; read by everyone.</summary>
    private long _bytes;

    /// <summary>
    /// One while somebody has the role of following up. Exchanged to take it, reset under the append lock.
    /// </summary>
    private int _followed;

    /// <summary>The bytes that were ever appended, with their frames and padding.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>
    /// Whether somebody has the role. Who appended and then finds that somebody has can leave it to them: they give it
    /// back under the append lock and look again afterwards, so that one of the two sees what the other did.
    /// </summary>
    public bool IsFollowed => Volatile.Read(ref _followed) != 0;

    /// <summary>Takes the role; false where somebody has it.</summary>
    public bool TryFollow() => Interlocked.Exchange(ref _followed, 1) == 0;

    /// <summary>Gives the role back. Under the append lock.</summary>
    public void LeaveUnsynchronized() => Volatile.Write(ref _followed, 0);

    /// <summary>Counts what was just published. Under the append lock.</summary>
    public void AddUnsynchronized(long bytes) => Volatile.Write(ref _bytes, _bytes + bytes);
}
