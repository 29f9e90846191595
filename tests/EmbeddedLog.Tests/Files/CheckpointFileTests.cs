using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.Tests.Format;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Files;

public sealed class CheckpointFileTests : SmallFileTest
{
    private const int Page = TwoSlotPage.Bytes;

    private string CheckpointPath => PathOf(CheckpointFile.FileName);

    [Fact]
    public void Open_MissingFile_HasNoneAndMakesNone()
    {
        using CheckpointFile file = Open();

        Assert.Null(file.Current);
        Assert.Empty(Files.ListFiles(Root));
    }

    [Fact]
    public void Write_First_MakesTheFileWhole()
    {
        using CheckpointFile file = Open();

        file.Write(At(10));

        Assert.Equal(At(10) with { Generation = 1 }, file.Current);
        Assert.Equal(TwoSlotPage.FileBytes, LengthOf(CheckpointPath));
        Assert.Equal([CheckpointFile.FileName], Files.ListFiles(Root));
        Assert.Equal(1UL, ReadCurrent()!.Value.Generation);
    }

    [Fact]
    public void Write_AnySequenceWithReopening_KeepsTheLast() =>
        Prop.ForAll(
            Gen.ListOf(Gen.Zip(Some.Offsets, Gen.Elements(true, false))).ToArbitrary(),
            steps =>
            {
                Files.DeleteFile(CheckpointPath);
                CheckpointFile file = Open();
                Checkpoint? expected = null;
                ulong generation = 0;
                bool holds = true;
                foreach ((long offset, bool reopens) in steps)
                {
                    file.Write(At(offset));
                    expected = At(offset) with { Generation = ++generation };
                    if (reopens)
                    {
                        file.Dispose();
                        file = Open();
                    }

                    holds &= file.Current == expected;
                }

                file.Dispose();
                return holds && ReadCurrent() == expected;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Write_Any_LeavesTheCurrentSlotAlone()
    {
        using CheckpointFile file = Open();
        file.Write(At(0));
        for (int i = 1; i < 5; i++)
        {
            byte[] before = ReadFile(CheckpointPath);
            int current = (int)TwoSlotPage.GetPosition(file.Current!.Value.Generation);

            file.Write(At(i));

            byte[] after = ReadFile(CheckpointPath);
            Assert.Equal(before.AsSpan(current, Page), after.AsSpan(current, Page));
            Assert.NotEqual(before, after);
        }
    }

    [Fact]
    public void Write_NegativeValues_AreRefused()
    {
        using CheckpointFile file = Open();
        file.Write(At(5));

        Assert.Throws<ArgumentOutOfRangeException>(() => file.Write(At(6) with { DurableEndOffset = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Write(At(6) with { DurableEndPosition = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Write(At(6) with { LogStartOffset = -1 }));
        Assert.Equal(5, ReadCurrent()!.Value.DurableEndOffset);
    }

    [Fact]
    public void Open_AnyBitFlipped_FallsBackToTheOtherSlot()
    {
        byte[] intact = Written(3);
        for (int each = 0; each < 2 * Page * 8; each += 5)
        {
            int bit = each < Page * 8 ? each : each + ((TwoSlotPage.SecondAt - Page) * 8);
            byte[] bytes = [.. intact];
            Forge.Flip(bytes, bit);
            WriteFile(CheckpointPath, bytes);

            // The third stands in the first slot, the second in the second.
            Assert.Equal(bit / 8 < Page ? 2UL : 3UL, ReadCurrent()!.Value.Generation);
        }
    }

    [Theory]
    [InlineData(2, 1UL)]
    [InlineData(3, 3UL)]
    public void Open_CutShortAtAnyLength_NeedsOneWholeSlot(int writes, ulong generation)
    {
        byte[] intact = Written(writes);
        for (int each = 0; each < 2 * Page; each++)
        {
            int length = each <= Page ? each : each + TwoSlotPage.SecondAt - Page;
            WriteFile(CheckpointPath, intact.AsSpan(0, length));
            if (length < Page)
            {
                AssertDamaged("intact page");
            }
            else
            {
                Assert.Equal(generation, ReadCurrent()!.Value.Generation);
            }
        }
    }

    /// <summary>
    /// Systems write pages of 4, 16 or 64 KiB, and devices whole blocks: what a write that is cut off takes along.
    /// </summary>
    [Theory]
    [InlineData(4 << 10)]
    [InlineData(16 << 10)]
    [InlineData(64 << 10)]
    public void Open_WholeUnitOfTheLastWriteTorn_HasTheOneBefore(int unitBytes)
    {
        for (int writes = 2; writes <= 3; writes++)
        {
            Files.DeleteFile(CheckpointPath);
            byte[] bytes = Written(writes);
            int unit = (int)TwoSlotPage.GetPosition((ulong)writes) & -unitBytes;
            bytes.AsSpan(unit, Math.Min(unitBytes, bytes.Length - unit)).Fill(0xEE);
            WriteFile(CheckpointPath, bytes);

            Assert.Equal((ulong)writes - 1, ReadCurrent()!.Value.Generation);
        }
    }

    [Fact]
    public void Open_BothSlotsDamaged_IsDamage()
    {
        byte[] bytes = Written(3);
        bytes[100] ^= 1;
        bytes[TwoSlotPage.SecondAt + 100] ^= 1;
        WriteFile(CheckpointPath, bytes);

        AssertDamaged("wrong checksum");
    }

    // A file that exists has been flushed with one whole page: zeros are not a first write that was torn.
    [Fact]
    public void Open_Zeros_IsDamage()
    {
        WriteFile(CheckpointPath, new byte[TwoSlotPage.FileBytes]);

        AssertDamaged("blank page");
    }

    [Fact]
    public void Write_AfterASlotWasDamaged_RepairsIt()
    {
        byte[] bytes = Written(3);
        bytes[100] ^= 1;
        WriteFile(CheckpointPath, bytes);
        using (CheckpointFile file = Open())
        {
            file.Write(At(77));
        }

        Assert.Equal(At(77) with { Generation = 3 }, ReadCurrent());
    }

    [Fact]
    public void Open_OfAnotherPartition_IsDamage()
    {
        Written(2);

        CorruptLogException exception = Assert.Throws<CorruptLogException>(
            () => CheckpointFile.Open(Files, Root, TopicUid, new TopicPartition("orders", 4)));

        Assert.Equal("the checkpoint of partition 4 of topic 1112131415161718", exception.Expected);
        Assert.Equal("that of partition 3 of topic 1112131415161718", exception.Actual);
        Assert.Equal(TwoSlotPage.SecondAt, exception.Position);
        Assert.Throws<CorruptLogException>(() => CheckpointFile.Open(Files, Root, TopicUid + 1, Id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(TwoSlotPage.SecondAt)]
    public void Open_NewerVersionInEitherSlot_IsUnsupported(int slot)
    {
        byte[] bytes = Written(3);
        Forge.SetVersion(bytes.AsSpan(slot, Page), 2);
        WriteFile(CheckpointPath, bytes);

        UnsupportedFormatException exception = Assert.Throws<UnsupportedFormatException>(() => Open().Dispose());

        Assert.Equal(slot, exception.Position);
        Assert.Equal("version 2", exception.Actual);
    }

    [Fact]
    public void Open_ImpossibleValues_IsDamage()
    {
        byte[] bytes = Written(1);
        bytes[48 + 7] = 0x80;
        Forge.Reseal(bytes.AsSpan(0, Page));
        WriteFile(CheckpointPath, bytes);

        AssertDamaged("impossible values");
    }

    private static Checkpoint At(long offset) =>
        new(0, offset, 7, 0xA7, 4096 + (offset & 0xFFFF), offset / 2, 5, offset % 2 == 0);

    private CheckpointFile Open() => CheckpointFile.Open(Files, Root, TopicUid, Id);

    private Checkpoint? ReadCurrent()
    {
        using CheckpointFile file = Open();
        return file.Current;
    }

    /// <summary>The bytes of a file after this many checkpoints.</summary>
    private byte[] Written(int count)
    {
        using (CheckpointFile file = Open())
        {
            for (int i = 1; i <= count; i++)
            {
                file.Write(At(i));
            }
        }

        return ReadFile(CheckpointPath);
    }

    private void AssertDamaged(string actual)
    {
        CorruptLogException exception = Assert.Throws<CorruptLogException>(() => Open().Dispose());
        Assert.Contains(actual, exception.Message, StringComparison.Ordinal);
        Assert.Equal(CheckpointPath, exception.File);
        Assert.Equal(3, exception.Partition);
    }
}
