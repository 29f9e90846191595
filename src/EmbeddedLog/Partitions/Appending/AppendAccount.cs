namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// Counts the bytes that one sender has appended to a partition, and says whether a thread follows up their flush. It
/// is counted under the append lock: a counter elsewhere needs another interlocked instruction for each record, which
/// waits until the record has left the processor.
/// </summary>
internal sealed class AppendAccount
{
    /// <summary>All appended bytes. Written under the append lock; read by everyone.</summary>
    private long _bytes;

    /// <summary>
    /// One while a thread has the role of following up. Exchanged to take it, reset under the append lock.
    /// </summary>
    private int _followed;

    /// <summary>All appended bytes, with their frames and padding.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>
    /// Whether a thread has the role. If so after an append, the appending thread can leave the work to it: that thread
    /// gives the role back under the append lock and checks again afterwards, so that one of the two sees what the
    /// other did.
    /// </summary>
    public bool IsFollowed => Volatile.Read(ref _followed) != 0;

    /// <summary>Takes the role; false if another thread has it.</summary>
    public bool TryFollow() => Interlocked.Exchange(ref _followed, 1) == 0;

    /// <summary>Gives the role back. Under the append lock.</summary>
    public void LeaveUnsynchronized() => Volatile.Write(ref _followed, 0);

    /// <summary>Counts a published append. Under the append lock.</summary>
    public void AddUnsynchronized(long bytes) => Volatile.Write(ref _bytes, _bytes + bytes);
}
