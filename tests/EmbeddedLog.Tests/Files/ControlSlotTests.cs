using System.Runtime.CompilerServices;
using EmbeddedLog.Files;
using EmbeddedLog.Following.Control;
using EmbeddedLog.Format;

namespace EmbeddedLog.Tests.Files;

/// <summary>What a follower reads in a slot while the owner stores to it, and after a kill there.</summary>
public sealed class ControlSlotTests
{
    private const int WordBytes = sizeof(ulong);

    private readonly byte[] _memory = GC.AllocateArray<byte>(ControlLayout.SlotBytes, pinned: true);
    private readonly ControlSlot _slot;

    public unsafe ControlSlotTests()
    {
        _slot = new ControlSlot((byte*)Unsafe.AsPointer(ref _memory[0]), number: 0);
        _slot.BeginDurable(0);
    }

    [Fact]
    public void DurableEnd_BetweenAnyTwoStores_IsTheLastOneOrTheNewOne()
    {
        long last = 0;
        foreach (long next in new[] { 1, 5, 6, 7, 70_000, long.MaxValue })
        {
            byte[] before = [.. _memory];
            _slot.NoteDurable(next);
            Assert.Equal(next, Durable(_memory));

            // One word of the two is stored, whichever is the first.
            for (int at = 0; at < before.Length; at += WordBytes)
            {
                byte[] between = [.. before];
                _memory.AsSpan(at, WordBytes).CopyTo(between.AsSpan(at));
                Assert.Equal(last, Durable(between));
            }

            last = next;
        }
    }

    [Fact]
    public void DurableEnd_WithOneBadBit_IsOneThatWasStored()
    {
        _slot.NoteDurable(3);
        _slot.NoteDurable(7);
        for (int bit = 0; bit < _memory.Length * 8; bit++)
        {
            byte[] damaged = [.. _memory];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Contains(Durable(damaged), new long[] { 3, 7 });
        }
    }

    [Fact]
    public void DurableEnd_OfThePartitionBefore_IsForgotten()
    {
        _slot.NoteDurable(900);
        _slot.NoteDurable(1000);

        _slot.BeginDurable(2);

        Assert.Equal(2, Durable(_memory));
    }

    private static unsafe long Durable(byte[] memory)
    {
        fixed (byte* slot = memory)
        {
            return ToldEnds.Read(slot).Durable;
        }
    }
}
