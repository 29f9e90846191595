using System.Runtime.InteropServices;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Simulation.Pages;

/// <summary>
/// Page-aligned native memory, zero when new. Large blocks cost address space only, until they are touched.
/// </summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    /// <summary>The allocation before alignment; null once freed.</summary>
    private void* _allocation;

    public NativeBlock(long length)
    {
        // Cleared allocation of a large block is a fresh anonymous map, which the system zeroes page by page on first
        // touch; an aligned allocation would have to be cleared, and thereby touched, by hand.
        _allocation = NativeMemory.AllocZeroed((nuint)(length + SimulatedDisk.PageBytes));
        Pointer = (byte*)(((nuint)_allocation + SimulatedDisk.PageBytes - 1) & ~(nuint)(SimulatedDisk.PageBytes - 1));
        Length = length;
    }

    ~NativeBlock() => FreeMemory();

    /// <summary>The first byte; page-aligned.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>The number of usable bytes.</summary>
    public long Length { get; }

    /// <summary>The bytes from <paramref name="position"/> on.</summary>
    public Span<byte> Slice(long position, int length) => new(Pointer + position, length);

    /// <summary>
    /// Sets <paramref name="length"/> bytes from <paramref name="position"/> to <paramref name="value"/>.
    /// </summary>
    public void Fill(long position, long length, byte value) =>
        NativeMemory.Fill(Pointer + position, (nuint)length, value);

    /// <summary>
    /// Copies the first <paramref name="length"/> bytes of <paramref name="source"/> over this block's.
    /// </summary>
    public void CopyFrom(NativeBlock source, long length) =>
        Buffer.MemoryCopy(source.Pointer, Pointer, Length, length);

    /// <summary>The position of the first byte of the range that is not <paramref name="value"/>, or -1.</summary>
    public long IndexOfAnyExcept(byte value, long position, long end)
    {
        while (position < end)
        {
            int length = (int)Math.Min(end - position, 1 << 30);
            int index = Slice(position, length).IndexOfAnyExcept(value);
            if (index >= 0)
            {
                return position + index;
            }

            position += length;
        }

        return -1;
    }

    /// <summary>Gives the memory back to the system.</summary>
    public void Dispose()
    {
        FreeMemory();
        GC.SuppressFinalize(this);
    }

    private void FreeMemory()
    {
        NativeMemory.Free(_allocation);
        _allocation = null;
        Pointer = null;
    }
}
