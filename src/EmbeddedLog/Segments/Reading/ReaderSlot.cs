using System.Runtime.InteropServices;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// One reader's mark in <see cref="ReaderEpochs"/>: while it is entered, nothing that was reachable then is unmapped.
/// A slot belongs to one reader at a time and is entered only inside synchronous code, never across an await or a
/// user's handler.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal sealed class ReaderSlot
{
    // The mark has a cache line of its own, because readers would slow down each other otherwise. Written by the slot's
    // reader, read by the thread that reclaims.
    [FieldOffset(64)]
    private long _entered;

    [FieldOffset(128)]
    private readonly ReaderEpochs _epochs;

    internal ReaderSlot(ReaderEpochs epochs) => _epochs = epochs;

    /// <summary>The epoch in which the reader entered, or zero while it is outside.</summary>
    internal long EnteredEpoch => Volatile.Read(ref _entered);

    /// <summary>
    /// Enters. Later loads of this thread may pass the store. The reclaiming thread has a process-wide barrier between
    /// unpublishing and reading the slots, which saves a fence in every read.
    /// </summary>
    public void Enter() => Volatile.Write(ref _entered, _epochs.Current);

    /// <summary>
    /// Leaves: no pointer obtained since <see cref="Enter"/> may be used any more. Memory that only waited for this
    /// reader is unmapped here.
    /// </summary>
    public void Exit()
    {
        long entered = _entered;
        if (entered != 0)
        {
            Volatile.Write(ref _entered, 0);
            _epochs.Left(entered);
        }
    }
}
