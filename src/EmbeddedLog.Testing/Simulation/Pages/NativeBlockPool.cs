using System.Numerics;

namespace EmbeddedLog.Testing.Simulation.Pages;

/// <summary>
/// Keeps small blocks for reuse: a simulated crash replaces every file's memory, and a hundred thousand crashes would
/// otherwise spend their time in page faults.
/// </summary>
internal static class NativeBlockPool
{
    /// <summary>The size of a pooled block, the least memory of a file.</summary>
    public const long SmallBytes = 256 << 10;

    /// <summary>The most free blocks that are kept: 128 MiB.</summary>
    private const int MaxFree = 512;

    private static readonly Lock s_gate = new();

    /// <summary>Zeroed blocks of <see cref="SmallBytes"/> each, under <see cref="s_gate"/>.</summary>
    private static readonly Stack<NativeBlock> s_free = new();

    /// <summary>A zeroed block of at least <paramref name="length"/> bytes.</summary>
    public static NativeBlock Rent(long length)
    {
        if (length > SmallBytes)
        {
            return new NativeBlock((long)BitOperations.RoundUpToPowerOf2((ulong)length));
        }

        lock (s_gate)
        {
            if (s_free.TryPop(out NativeBlock? block))
            {
                return block;
            }
        }

        return new NativeBlock(SmallBytes);
    }

    /// <summary>Takes back a block of which no byte at or after <paramref name="used"/> was ever changed.</summary>
    public static void Return(NativeBlock block, long used)
    {
        if (block.Length == SmallBytes)
        {
            block.Fill(0, used, 0);
            lock (s_gate)
            {
                if (s_free.Count < MaxFree)
                {
                    s_free.Push(block);
                    return;
                }
            }
        }

        block.Dispose();
    }
}
