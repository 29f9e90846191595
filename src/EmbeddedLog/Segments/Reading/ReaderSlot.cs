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
    // The mark stands on a cache line of its own, or every reader would slow down its neighbours. Written by the slot's
    // reader, read by whoever reclaims.
    [FieldOffset(64)]
    private long _entered;

    [FieldOffset(128)]
    private readonly ReaderEpochs _epochs;

    internal ReaderSlot(ReaderEpochs epochs) => _epochs = epochs;

    /// <summary>The epoch in which the reader entered, or zero while it is outside.</summary>
    internal long EnteredEpoch => Volatile.Read(ref _entered);

    /// <summary>
    /// Enters. The store may pass later loads of this thread on its way to memory; the reclaimer makes up for it with
    /// a process-wide barrier between unpublishing and looking at the slots, which keeps a fence off every read.
    /// </summary>
    public void Enter() => Volatile.Write(ref _entered, _epochs.Current);

    /// <summary>
    /// Leaves: no pointer obtained since <see cref="Enter"/> may be used any more. Memory that was let go of meanwhile
    /// and only waited for this reader is unmapped here.
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
