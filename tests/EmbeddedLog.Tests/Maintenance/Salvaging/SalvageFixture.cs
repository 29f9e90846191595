using EmbeddedLog.Format;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Maintenance.Salvaging;

/// <summary>
/// A log with one partition, filled and ended on a simulated machine, whose frames are known byte for byte: so that it
/// is known, whatever is then done to its files, which of them are still what was written.
/// </summary>
internal sealed class SalvageFixture : IDisposable
{
    public static readonly TopicPartition Partition = new("topic", 0);

    private readonly List<SimulatedPlatform> _machines = [];
    private readonly List<KnownFrame> _frames = [];

    private SalvageFixture(SimulatedPlatform machine)
    {
        Machine = machine;
        _machines.Add(machine);
    }

    /// <summary>The machine that the log lies on now.</summary>
    public SimulatedPlatform Machine { get; private set; }

    public FileSystem Files => Machine.Platform.Files;

    public string Directory { get; private set; } = "";

    /// <summary>The segments' files that hold records, oldest first.</summary>
    public IReadOnlyList<string> Segments => [.. _frames.Select(frame => frame.Path).Distinct()];

    public IReadOnlyList<KnownFrame> Frames => _frames;

    public long Start { get; private set; }

    public long End { get; private set; }

    /// <summary>Fills a log of its own, and ends its process in one way.</summary>
    /// <param name="random">What decides.</param>
    /// <param name="records">How many are appended, about.</param>
    /// <param name="ending">How the process ends; null for a clean close.</param>
    /// <param name="unproven">How many more are appended, about, that nothing has flushed when it ends.</param>
    public static SalvageFixture Make(Random random, int records, CrashKind? ending = null, int unproven = 0)
    {
        bool positional = random.Next(2) == 0;
        SalvageFixture made = new(new SimulatedPlatform(
            random.Next(), positional ? SimulationOptions.Positional : null));
        made.Fill(random, records, ending, unproven);
        return made;
    }

    public SalvageReport Salvage(Platform? platform = null, TopicPartition? partition = null) =>
        Machine.Run(() => SalvageOpening.RunAsync(
            OpenLog.Directory,
            partition ?? Partition,
            new SalvageOptions(),
            platform ?? Machine.Platform,
            CancellationToken.None).AsTask());

    public CommitLog Open() => Machine.Run(OpenLog.OnAsync(Machine).AsTask);

    /// <summary>Opens the log, whose partition is damaged, and closes it: what was told of the partition.</summary>
    public CorruptLogException OpenDamaged()
    {
        CorruptLogException told =
            Machine.Run(() => OpenLog.FindDamageAsync(() => OpenLog.OnAsync(Machine)));
        Machine.Scheduler.RunUntilIdle();
        AssertNothingOpen();
        return told;
    }

    public void Close(CommitLog log)
    {
        Machine.Run(log.DisposeAsync());
        Machine.Scheduler.RunUntilIdle();
        AssertNothingOpen();
    }

    public void AssertNothingOpen()
    {
        Assert.Empty(Machine.Disk.OpenFiles);
        Assert.Empty(Machine.Disk.LiveMaps);
        Assert.Empty(Machine.Disk.Violations);
    }

    public void Crash(CrashKind kind)
    {
        Machine = Machine.Crash(kind);
        _machines.Add(Machine);
    }

    /// <summary>Changes a bit of the frame with an offset, so that all that is in it is gone.</summary>
    /// <returns>The offsets that are gone.</returns>
    public OffsetRange Damage(long offset)
    {
        KnownFrame frame = _frames.Single(frame => frame.First <= offset && offset < frame.Next);
        using LogFile file = Files.OpenFile(frame.Path, FileOpening.ReadWrite);
        file.Write([(byte)(frame.Bytes[16] ^ 1)], frame.Position + 16);
        file.Flush(0, file.Length);
        return new OffsetRange(frame.First, frame.Next);
    }

    /// <summary>Does something random to a random file of the partition.</summary>
    public void Harm(Random random)
    {
        string path = random.Next(8) == 0
            ? Path.Combine(Directory, "checkpoint")
            : Segments[random.Next(Segments.Count)];
        if (!Files.FileExists(path))
        {
            return;
        }

        if (random.Next(10) == 0)
        {
            // For good: a crash must not bring it back.
            Files.DeleteFile(path);
            Files.SyncDirectory(Directory);
            return;
        }

        using LogFile file = Files.OpenFile(path, FileOpening.ReadWrite);
        long used = Math.Min(file.Length, 16 << 10);
        long position = random.NextInt64(Math.Max(used, 1));
        if (file.Length == TwoSlotPage.FileBytes && random.Next(2) == 0)
        {
            position = TwoSlotPage.SecondAt + (position % TwoSlotPage.Bytes);
        }

        byte[] bytes = new byte[random.Next(1, 5000)];
        switch (random.Next(4))
        {
            case 0:
                file.SetLength(position);
                break;
            case 1:
                file.Write(new byte[4096], position & -4096);
                break;
            case 2:
                random.NextBytes(bytes);
                file.Write(bytes, position);
                break;
            default:
                bytes = new byte[1];
                file.Read(bytes, position);
                bytes[0] ^= (byte)(1 << random.Next(8));
                file.Write(bytes, position);
                break;
        }

        file.Flush(0, file.Length);
    }

    /// <summary>The offsets from the log's start on whose frames are still what was written.</summary>
    public List<long> FindKept()
    {
        List<long> kept = [];
        foreach (IGrouping<string, KnownFrame> segment in _frames.GroupBy(frame => frame.Path))
        {
            byte[] bytes = ReadFile(segment.Key);
            foreach (KnownFrame frame in segment)
            {
                if (frame.Position + frame.Bytes.Length <= bytes.Length
                    && bytes.AsSpan((int)frame.Position, frame.Bytes.Length).SequenceEqual(frame.Bytes))
                {
                    kept.AddRange(Enumerable.Range(0, (int)(frame.Next - frame.First))
                        .Select(i => frame.First + i).Where(offset => offset >= Start));
                }
            }
        }

        return kept;
    }

    /// <summary>The offsets that can be read; each must hold the record that was appended there.</summary>
    public static List<long> ReadAll(CommitLog log)
    {
        PartitionLog partition = log.GetTopic(Partition.Topic)[0].Log;
        List<long> offsets = [];
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            Assert.True(record.Key.SequenceEqual(KeyOf(record.Offset)), $"Offset {record.Offset} is another one.");
            offsets.Add(record.Offset);
        }

        Assert.Equal(partition.PublishedEnd, scan.Offset);
        return offsets;
    }

    /// <summary>What lies between some offsets.</summary>
    public static List<OffsetRange> Complement(IEnumerable<long> kept, long start, long end)
    {
        List<OffsetRange> gone = [];
        long next = start;
        foreach (long offset in kept.Where(offset => offset < end).Append(end))
        {
            if (offset > next)
            {
                gone.Add(new OffsetRange(next, offset));
            }

            next = offset + 1;
        }

        return gone;
    }

    public byte[] ReadFile(string path)
    {
        if (!Files.FileExists(path))
        {
            return [];
        }

        using LogFile file = Files.OpenFile(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        return bytes[..file.Read(bytes, 0)];
    }

    public void Dispose() => _machines.ForEach(machine => machine.Dispose());

    private void Fill(Random random, int records, CrashKind? ending, int unproven)
    {
        CommitLog log = Open();
        TopicOptions options = new() { SegmentBytes = SegmentBytes, Retention = RetentionPolicy.KeepForever };
        Topic topic = Machine.Run(() => log.EnsureTopicAsync(Partition.Topic, options).AsTask());
        PartitionLog partition = topic[0].Log;
        Directory = partition.Directory;
        while (partition.PublishedEnd < records)
        {
            Append(partition, random);
        }

        if (random.Next(3) == 0)
        {
            Machine.Run(log.FlushAsync());
            partition.DeleteBefore(random.Next(records / 2));
        }

        // Time proves everything, so that a power loss takes nothing by itself.
        for (int i = 0; i < 4; i++)
        {
            Machine.Time.Advance(TimeSpan.FromSeconds(1));
            Machine.Scheduler.RunUntilIdle();
        }

        (Start, End) = (partition.StartOffset, partition.PublishedEnd);
        foreach (Segment segment in partition.Segments.Items)
        {
            Note(segment, Math.Min(segment.EndPosition, partition.Writer.TailPosition));
        }

        while (partition.PublishedEnd < End + unproven)
        {
            Append(partition, random);
        }

        if (ending is { } kind)
        {
            Crash(kind);
        }
        else
        {
            Close(log);
        }
    }

    private static void Append(PartitionLog partition, Random random)
    {
        long next = partition.PublishedEnd;
        if (random.Next(4) > 0)
        {
            partition.Append(Numbered(next, random.Next(400)), out _);
            return;
        }

        RecordBatch batch = new();
        for (int i = random.Next(1, 8); i >= 0; i--)
        {
            batch.Add(Numbered(next++, random.Next(100)));
        }

        partition.Append(batch, out _);
    }

    private unsafe void Note(Segment segment, long end)
    {
        long to = segment.EndPosition == long.MaxValue ? end : segment.EndPosition;
        byte[] bytes = ReadFile(segment.Path);
        fixed (byte* memory = bytes)
        {
            FrameWalker walker = new(memory, segment.CrcSeed, SegmentHeader.PageBytes, to);
            while (walker.MoveNext())
            {
                Assert.True(FrameExtent.TryRead(walker.Frame, walker.Length, segment.BaseOffset, out var extent));
                byte[] frame = bytes.AsSpan((int)walker.Position, FrameLayout.Padded(walker.Length)).ToArray();
                _frames.Add(new KnownFrame(
                    segment.Path, walker.Position, frame, extent.FirstOffset, extent.NextOffset));
            }

            Assert.Equal(to, walker.Position);
        }
    }

    /// <summary>A frame as it was written.</summary>
    internal sealed record KnownFrame(string Path, long Position, byte[] Bytes, long First, long Next);
}
