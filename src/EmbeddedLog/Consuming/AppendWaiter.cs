using EmbeddedLog.Storage;

namespace EmbeddedLog.Consuming;

/// <summary>
/// Wakes a reader when one partition has a record for it. It is armed by the reader and stays so until it is released,
/// whatever else wakes the reader in between. While it is armed its target does not change.
/// </summary>
internal sealed class AppendWaiter(WakeSignal signal) : OffsetWaiter
{
    /// <summary>One while it is on the partition's list. Set by the reader, reset by whoever releases.</summary>
    private int _armed;

    /// <summary>Whether it is on the partition's list, and will be released.</summary>
    public bool IsArmed => Volatile.Read(ref _armed) != 0;

    /// <summary>
    /// Puts it on the list of a partition; it may be released before this returns. Only by the reader.
    /// </summary>
    public void Arm(ReadablePartition log, long end)
    {
        Target = end;
        Volatile.Write(ref _armed, 1);
        log.AddAppendWaiter(this);
    }

    /// <inheritdoc/>
    public override void Release(Exception? failure)
    {
        Volatile.Write(ref _armed, 0);
        if (failure is null)
        {
            signal.Wake();
        }
        else
        {
            signal.Fail(failure);
        }
    }
}
