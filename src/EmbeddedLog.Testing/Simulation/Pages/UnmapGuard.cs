using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Simulation.Pages;

/// <summary>
/// Keeps the last unmapped memory for a while, filled with a pattern. A read through an old pointer gets rubbish, and a
/// store is reported when the memory is freed.
/// </summary>
internal sealed class UnmapGuard(Action<DiskViolation> report)
{
    /// <summary>No frame, header or text of the log begins like this.</summary>
    private const byte Poison = 0xDB;

    /// <summary>The number of blocks that are kept.</summary>
    private const int MaxKept = 8;

    private readonly Queue<(NativeBlock Block, long Reach, long PoisonEnd, string Path)> _kept = new();

    /// <summary>
    /// Poisons a block that is no longer mapped, up to <paramref name="poisonEnd"/>, and keeps it. Behind that, up to
    /// <paramref name="reach"/>, are zeros, which stay.
    /// </summary>
    public void Add(NativeBlock block, long reach, long poisonEnd, string path)
    {
        block.Fill(0, poisonEnd, Poison);
        _kept.Enqueue((block, reach, poisonEnd, path));
        if (_kept.Count > MaxKept)
        {
            ReleaseOldest();
        }
    }

    /// <summary>Examines and frees everything.</summary>
    public void Clear()
    {
        while (_kept.Count > 0)
        {
            ReleaseOldest();
        }
    }

    private void ReleaseOldest()
    {
        (NativeBlock block, long reach, long poisonEnd, string path) = _kept.Dequeue();
        long position = block.IndexOfAnyExcept(Poison, 0, poisonEnd);
        if (position >= 0)
        {
            report(new DiskViolation(DiskViolationKind.StoreAfterUnmap, path, position));
        }

        NativeBlockPool.Return(block, reach);
    }
}
