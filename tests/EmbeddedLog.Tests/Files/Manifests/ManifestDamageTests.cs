using System.Buffers.Binary;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Tests.Format;

namespace EmbeddedLog.Tests.Files.Manifests;

/// <summary>
/// A manifest of five segments, of which the first three were flushed before the last two were added one by one: so the
/// last two say of the first three that they had been on the disk.
/// </summary>
public sealed class ManifestDamageTests : SmallFileTest
{
    private const int Segments = 5;
    private const int Proven = 3;
    private readonly byte[] _intact;

    public ManifestDamageTests()
    {
        using (Manifest manifest = Manifest.Open(Files, Root, TopicUid, Id))
        {
            SomeSegments.Extend(manifest, Proven);
            manifest.Flush();
            SomeSegments.Extend(manifest, Segments - Proven);
        }

        _intact = ReadFile(ManifestPath);
        Assert.Equal(PositionOf(Segments), _intact.Length);
    }

    private string ManifestPath => PathOf(Manifest.FileName);

    [Fact]
    public void Open_CutShortAtAnyLength_KeepsTheWholeRecords()
    {
        for (int length = ManifestHeader.Bytes; length < _intact.Length; length++)
        {
            int whole = (length - ManifestHeader.Bytes) / ManifestRecord.Bytes;
            AssertKeeps(_intact[..length], whole, length - PositionOf(whole));
        }
    }

    [Fact]
    public void Open_CutShortInTheHeader_IsDamage()
    {
        for (int length = 0; length < ManifestHeader.Bytes; length++)
        {
            AssertDamaged(_intact[..length], 0);
        }
    }

    // Damage shows where a record behind it proves that it had been flushed; else it is a torn end like any other.
    [Fact]
    public void Open_AnyBitFlipped_IsDamageOrATornEnd()
    {
        for (int bit = 0; bit < _intact.Length * 8; bit++)
        {
            byte[] bytes = [.. _intact];
            Forge.Flip(bytes, bit);
            int record = ((bit / 8) - ManifestHeader.Bytes) / ManifestRecord.Bytes;
            if (bit / 8 < ManifestHeader.Bytes)
            {
                AssertDamaged(bytes, 0);
            }
            else if (record < Proven)
            {
                AssertDamaged(bytes, PositionOf(record));
            }
            else
            {
                AssertKeeps(bytes, record, bytes.Length - PositionOf(record));
            }
        }
    }

    [Fact]
    public void Open_ProvenRecordBlank_IsDamage()
    {
        byte[] bytes = [.. _intact];
        bytes.AsSpan((int)PositionOf(1), ManifestRecord.Bytes).Clear();

        AssertDamaged(bytes, PositionOf(1));
    }

    // Power loss may keep a later append and lose an earlier one, as long as neither was flushed.
    [Fact]
    public void Open_UnprovenRecordBlankBeforeAGoodOne_IsATornEnd()
    {
        byte[] bytes = [.. _intact];
        bytes.AsSpan((int)PositionOf(Proven), ManifestRecord.Bytes).Clear();

        AssertKeeps(bytes, Proven, 2 * ManifestRecord.Bytes);
    }

    [Fact]
    public void Open_ZerosBehindTheEnd_AreNotTorn()
    {
        byte[] bytes = [.. _intact, .. new byte[1000]];

        AssertKeeps(bytes, Segments, 0);
    }

    [Fact]
    public void Open_ProofFarBehindDamage_IsFound()
    {
        byte[] bytes = [.. _intact, .. new byte[300_032]];
        bytes[PositionOf(Segments - 1)] ^= 1;
        long position = bytes.Length - ManifestRecord.Bytes;
        ManifestRecord.Add(Some.Segment, PositionOf(Segments)).Write(bytes.AsSpan((int)position), TopicUid, position);

        AssertDamaged(bytes, PositionOf(Segments - 1));
    }

    // The torn end is removed when it is found: otherwise the old fifth record would follow a new fourth.
    [Fact]
    public void Add_AfterATornEnd_DoesNotRevivePartsOfIt()
    {
        byte[] bytes = [.. _intact];
        bytes[PositionOf(Proven)] ^= 1;
        WriteFile(ManifestPath, bytes);
        using (Manifest manifest = Manifest.Open(Files, Root, TopicUid, Id, isOnDisk: true))
        {
            Assert.Equal(Proven, manifest.Segments.Count);
            manifest.Add(SomeSegments.Next(manifest) with { Uid = SomeSegments.UidOf(Proven + 1) });
        }

        using Manifest reopened = Manifest.Open(Files, Root, TopicUid, Id);
        Assert.Equal(Proven + 1, reopened.Segments.Count);
    }

    [Theory]
    [InlineData(3, "kind 3 (compaction)")]
    [InlineData(77, "kind 77")]
    public void Open_RecordOfALaterVersion_IsUnsupported(byte kind, string expected)
    {
        byte[] bytes = [.. _intact];
        Span<byte> record = bytes.AsSpan((int)PositionOf(1), ManifestRecord.Bytes);
        record[6] = kind;
        Forge.ResealRecord(record, TopicUid, PositionOf(1));
        WriteFile(ManifestPath, bytes);

        UnsupportedFormatException exception = Assert.Throws<UnsupportedFormatException>(Open);

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Equal(PositionOf(1), exception.Position);
        Assert.Equal(bytes, ReadFile(ManifestPath));
    }

    [Fact]
    public void Open_NewerVersion_IsUnsupported()
    {
        byte[] bytes = [.. _intact];
        Forge.SetVersion(bytes.AsSpan(0, ManifestHeader.Bytes), 9);
        WriteFile(ManifestPath, bytes);

        UnsupportedFormatException exception = Assert.Throws<UnsupportedFormatException>(Open);

        Assert.Equal("format version 1", exception.Expected);
        Assert.Equal("version 9", exception.Actual);
        Assert.Equal(ManifestPath, exception.File);
        Assert.Equal("orders", exception.Topic);
    }

    [Fact]
    public void Open_GoodRecordThatDoesNotFit_IsDamage()
    {
        byte[] bytes = [.. _intact];
        Span<byte> record = bytes.AsSpan((int)PositionOf(1), ManifestRecord.Bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record[16..], 1);
        Forge.ResealRecord(record, TopicUid, PositionOf(1));

        AssertDamaged(bytes, PositionOf(1));
    }

    [Fact]
    public void Open_LargerThanAnyManifest_IsRefusedBeforeItIsRead()
    {
        using (LogFile file = Files.OpenFile(ManifestPath, FileOpening.ReadWrite))
        {
            file.SetLength(ManifestReader.MaxFileBytes + 1);
        }

        CorruptLogException exception = Assert.Throws<CorruptLogException>(Open);

        Assert.Contains("at most 1 GiB", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_LargeRubbish_AllocatesLittle()
    {
        byte[] bytes = [.. _intact, .. new byte[8 << 20]];
        new Random(1).NextBytes(bytes.AsSpan(_intact.Length));
        WriteFile(ManifestPath, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();

        using Manifest manifest = Open();

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
        Assert.Equal(Segments, manifest.Segments.Count);
        Assert.Equal(8 << 20, manifest.TornBytes);
    }

    private static long PositionOf(int record) => ManifestHeader.Bytes + ((long)record * ManifestRecord.Bytes);

    private Manifest Open() => Manifest.Open(Files, Root, TopicUid, Id);

    private void AssertKeeps(byte[] bytes, int segments, long tornBytes)
    {
        WriteFile(ManifestPath, bytes);
        using Manifest manifest = Open();
        Assert.Equal(Enumerable.Range(1, segments).Select(i => (uint)i), manifest.Segments.Select(s => s.Sequence));
        Assert.Equal(tornBytes, manifest.TornBytes);
    }

    private void AssertDamaged(byte[] bytes, long position)
    {
        WriteFile(ManifestPath, bytes);
        CorruptLogException exception = Assert.Throws<CorruptLogException>(Open);
        Assert.Equal(position, exception.Position);
        Assert.Equal(ManifestPath, exception.File);
        Assert.Equal(3, exception.Partition);
        Assert.NotNull(exception.Expected);
        Assert.NotNull(exception.Actual);
        Assert.Equal(bytes, ReadFile(ManifestPath));
    }
}
