using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Torture.Hostile;

/// <summary>Changes fields of a file that FORMAT.md describes and corrects their checksums.</summary>
internal static class Forgery
{
    private const int HeaderCopyBytes = SegmentHeader.PageBytes / 2;

    /// <summary>The end of the fields in a checksummed block of any kind.</summary>
    private const int FieldsEnd = 88;

    private static readonly long[] s_telling =
    [
        0, 1, 2, 7, 8, 24, 63, 64, 127, 128, 255, 4095, 4096, 4097, 8192, 16384, 65535, 65536, 1 << 20, 1 << 30,
        int.MaxValue, uint.MaxValue, 1L << 32, 1L << 40, long.MaxValue, long.MaxValue - 1, long.MinValue, -1, -2,
    ];

    /// <summary>Lengths above those of the fixtures' files, most of them above what the format allows.</summary>
    private static readonly long[] s_lengths = [64L << 20, (1L << 30) + 1, 4L << 30, 1L << 40];

    /// <summary>Forges a file in a way chosen by its name and the random numbers; returns a description.</summary>
    public static string Apply(string path, Random random)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int way = random.Next(20);
        if (way == 0)
        {
            return SetLength(path, bytes.Length, random);
        }

        string name = Path.GetFileName(path);
        string what = (name, Path.GetExtension(path)) switch
        {
            ("topic.json", _) => ForgeDescriptor(ref bytes, random),
            ("session" or "checkpoint", _) => ForgePage(bytes, random),
            ("manifest", _) => ForgeManifest(bytes, random),
            ("control", _) => ForgeControl(bytes, random),
            (_, ".segment") when way < 4 => ForgeSegmentHeader(bytes, random),
            (_, ".segment") => ForgeFrames(bytes, random),
            (_, ".index") => ForgeIndex(bytes, random),
            _ => SetFields(bytes, random, "bytes"),
        };
        File.WriteAllBytes(path, bytes);
        return what;
    }

    private static string SetLength(string path, int length, Random random)
    {
        long to = random.Next(4) == 0 ? s_lengths[random.Next(s_lengths.Length)] : random.Next(length + 1);
        using FileStream file = new(path, FileMode.Open);
        file.SetLength(to);
        return $"length {to}";
    }

    private static string ForgePage(byte[] bytes, Random random)
    {
        int page = random.Next((bytes.Length / TwoSlotPage.SecondAt) + 1) * TwoSlotPage.SecondAt;
        Span<byte> block = bytes.AsSpan(page, Math.Min(TwoSlotPage.Bytes, bytes.Length - page));
        string what = SetFields(block[12..FieldsEnd], random, $"page at {page}");
        Reseal(block);
        return what;
    }

    private static string ForgeManifest(byte[] bytes, Random random)
    {
        ulong topicUid = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16));
        int index = random.Next(bytes.Length / ManifestRecord.Bytes);
        Span<byte> record = bytes.AsSpan(index * ManifestRecord.Bytes, ManifestRecord.Bytes);
        string what = SetFields(record[(index == 0 ? 12 : 4)..], random, $"record {index}");
        if (index == 0)
        {
            Reseal(record);
        }
        else
        {
            uint crc = Crc32C.Append(Crc32C.Append(Crc32C.Initial, topicUid), (ulong)(index * ManifestRecord.Bytes));
            BinaryPrimitives.WriteUInt32LittleEndian(record, Crc32C.Finish(Crc32C.Append(crc, record[4..])));
        }

        return what;
    }

    private static string ForgeControl(byte[] bytes, Random random)
    {
        int first = random.Next(3) == 0 ? 0 : Math.Min(ControlLayout.HeaderBytes, bytes.Length - 1);
        string what = SetFields(bytes.AsSpan(first, Math.Min(512, bytes.Length - first)), random, $"from {first}");
        Reseal(bytes.AsSpan(0, ControlLayout.BlockBytes));
        return what;
    }

    private static string ForgeSegmentHeader(byte[] bytes, Random random)
    {
        Span<byte> first = bytes.AsSpan(0, HeaderCopyBytes);
        string what = SetFields(first[12..FieldsEnd], random, "header");
        Reseal(first);
        first.CopyTo(bytes.AsSpan(HeaderCopyBytes));
        return what;
    }

    private static unsafe string ForgeFrames(byte[] bytes, Random random)
    {
        uint seed = FrameCrc.SegmentSeed(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16)));
        fixed (byte* segment = bytes)
        {
            List<(int Position, int Length)> frames = [];
            FrameWalker walker = new(segment, seed, SegmentHeader.PageBytes, bytes.Length);
            while (walker.MoveNext())
            {
                frames.Add(((int)walker.Position, walker.Length));
            }

            if (frames.Count == 0)
            {
                return "nothing";
            }

            (int position, int length) = frames[random.Next(frames.Count)];
            int fields = Math.Min(FrameLayout.Padded(length) - FrameLayout.KindAt, 64);
            string what = SetFields(
                bytes.AsSpan(position + FrameLayout.KindAt, fields), random, $"frame at {position}");
            if (random.Next(4) == 0)
            {
                length = random.Next(FrameLayout.HeaderBytes, Math.Min(bytes.Length - position - 8, 70_000));
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(position), (uint)length);
                what += $", length {length}";
            }

            FrameHeader.WriteCrc(segment + position, FrameCrc.Compute(seed, position, segment + position, length));
            return what;
        }
    }

    private static string ForgeIndex(byte[] bytes, Random random)
    {
        string what = SetFields(bytes.AsSpan(12), random, "index");
        Reseal(bytes);
        return what;
    }

    private static string ForgeDescriptor(ref byte[] bytes, Random random)
    {
        TopicDescriptor descriptor = JsonSerializer.Deserialize(bytes, TopicJsonContext.Default.TopicDescriptor)!;
        long value = Telling(random);
        int field = random.Next(13);
        switch (field)
        {
            case 0: descriptor.Name = null!; break;
            case 1: descriptor.Name = random.Next(2) == 0 ? "../../elsewhere" : "second"; break;
            case 2: descriptor.Uid = value.ToString("x", CultureInfo.InvariantCulture); break;
            case 3: descriptor.Partitions = (int)value; break;
            case 4: descriptor.RetentionMilliseconds = value; break;
            case 5: descriptor.RetentionBytes = value; break;
            case 6: descriptor.SegmentBytes = (int)value; break;
            case 7: descriptor.SegmentMilliseconds = value; break;
            case 8: descriptor.MaxRecordBytes = (int)value; break;
            case 9: descriptor.FlushMilliseconds = value; break;
            case 10: descriptor.WriteMode = (WriteMode)value; break;
            case 11: descriptor.MaxTimestampAheadMilliseconds = value; break;
            default: descriptor.FormatVersion = (int)value; break;
        }

        bytes = descriptor.ToJson();
        return $"field {field} {value}";
    }

    /// <summary>Sets one to three fields to boundary values or to values near the present ones.</summary>
    private static string SetFields(Span<byte> fields, Random random, string where)
    {
        string what = where;
        Span<byte> old = stackalloc byte[sizeof(long)];
        for (int left = random.Next(1, 4); left > 0 && !fields.IsEmpty; left--)
        {
            int size = Math.Min(1 << random.Next(4), fields.Length);
            int at = random.Next(fields.Length - size + 1) / size * size;
            old.Clear();
            fields.Slice(at, size).CopyTo(old);
            long near = BinaryPrimitives.ReadInt64LittleEndian(old) + random.Next(-9, 10);
            long value = random.Next(3) switch { 0 => near, 1 => random.NextInt64(), _ => Telling(random) };
            BinaryPrimitives.WriteInt64LittleEndian(old, value);
            old[..size].CopyTo(fields[at..]);
            what += $", {size} bytes at {at} = {value}";
        }

        return what;
    }

    private static long Telling(Random random) => s_telling[random.Next(s_telling.Length)];

    private static void Reseal(Span<byte> block)
    {
        uint crc = Crc32C.Append(Crc32C.Append(Crc32C.Initial, block[..8]), block[12..]);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Crc32C.Finish(crc));
    }
}
