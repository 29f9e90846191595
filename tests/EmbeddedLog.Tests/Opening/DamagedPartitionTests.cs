using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Opening;

/// <summary>
/// A partition that an opening finds damaged fails by itself: the log opens, the others work as always, and the damage
/// is told at each opening until the partition was salvaged.
/// </summary>
public sealed class DamagedPartitionTests : DamagedLog
{
    [Fact]
    public void Open_OnePartitionDamaged_EachUseOfItTellsWhatWasFoundAndWhatToDo()
    {
        CommitLog log = OpenDamaged();
        OwnedPartition bad = log.GetTopic(Name)[1];

        CorruptLogException failure = Assert.IsType<CorruptLogException>(bad.Failure);

        Assert.Equal((Name, 1, Segment), (failure.Topic, failure.Partition, failure.File));
        Assert.Equal((0L, "a file", "none"), (failure.Position, failure.Expected, failure.Actual));
        Assert.Contains("CommitLog.SalvageAsync(directory, partition)", failure.Message, StringComparison.Ordinal);
        Assert.Contains("a segment is missing", failure.Message, StringComparison.Ordinal);
        RecordBatch batch = new();
        batch.Add(new RawRecord("value"u8));
        foreach (Action use in (Action[])[
            () => _ = bad.StartOffset,
            () => _ = bad.EndOffset,
            () => _ = bad.DurableOffset,
            () => _ = bad.SizeBytes,
            () => bad.Scan(0).Dispose(),
            () => bad.FindOffset(DateTimeOffset.UnixEpoch),
            () => bad.TryReadLast(out _),
            () => bad.Append(new RawRecord("value"u8)),
            () => bad.AppendBatch(batch),
            bad.Flush,
            () => Machine.Run(bad.FlushAsync()),
            () => Machine.Run(bad.FlushAsync(0)),
            () => Machine.Run(bad.WaitForAsync(0)),
            () => bad.Log.DeleteBefore(10)])
        {
            CorruptLogException told = Assert.Throws<CorruptLogException>(use);
            Assert.NotSame(failure, told);
            Assert.Equal((failure.Message, failure.File), (told.Message, told.File));
        }

        Close(log);
        Assert.Throws<ObjectDisposedException>(() => bad.EndOffset);
    }

    [Fact]
    public void Open_OnePartitionDamaged_TheOthersAreReadAppendedToAndFlushed()
    {
        CommitLog log = OpenDamaged();
        foreach (int partition in (int[])[0, 2])
        {
            AssertNumbered(log.GetTopic(Name)[partition].Log, 0, Records);
            AppendNumbered(log.GetTopic(Name)[partition].Log, Records + 10);
        }

        Assert.Throws<CorruptLogException>(() => Machine.Run(log.FlushAsync()));

        Assert.Equal(Records + 10, log.GetTopic(Name)[0].DurableOffset);
        Assert.Equal(Records + 10, log.GetTopic(Name)[2].DurableOffset);
        Machine.Run(log.ApplyRetentionAsync());
        Assert.Empty(log.GetPins());
        Close(log);
    }

    [Fact]
    public void Open_OnePartitionDamaged_IsInTheReportTheLogLinesAndTheDescription()
    {
        Damage();
        LogLines lines = new();
        CommitLog log = Machine.Run(
            () => OpenLog.OnAsync(Machine, new CommitLogOptions { LoggerFactory = lines }).AsTask());

        PartitionRecoveryReport damaged = Assert.Single(log.Recovery.Damaged);
        Assert.Equal(Bad, damaged.Partition);
        Assert.Same(log.GetTopic(Name)[1].Failure, damaged.Failure);
        Assert.Single(lines.All, line => line.StartsWith("Error: ", StringComparison.Ordinal)
            && line.Contains("topic-1 is damaged", StringComparison.Ordinal));
        TopicDescription described = Machine.Run(() => log.DescribeTopicAsync(Name).AsTask());
        Assert.Same(damaged.Failure, described.Partitions[1].Failure);
        Assert.Equal((0L, 0), (described.Partitions[1].EndOffset, described.Partitions[1].Segments));
        Assert.Equal(Records, described.Partitions[2].EndOffset);
        VerifyReport verified = Machine.Run(() => log.VerifyAsync().AsTask());
        VerifyFinding finding = Assert.Single(verified.Findings);
        Assert.Equal((Bad, Segment), (finding.Partition, finding.File));
        Close(log);
    }

    [Fact]
    public void Open_AfterOneThatFoundADamagedPartition_TellsTheSameThoughTheLogWasClosed()
    {
        CommitLog log = OpenDamaged();
        string found = log.GetTopic(Name)[1].Failure!.Message;
        Close(log);
        byte[] mark = DiskPieces.ReadFile(Files, Mark);
        for (int i = 0; i < 3; i++)
        {
            log = Open();
            CorruptLogException told = Assert.IsType<CorruptLogException>(log.GetTopic(Name)[1].Failure);
            Assert.Equal((found, Segment, 0L), (told.Message, told.File, told.Position));
            Assert.False(log.Recovery.Clean && i > 0);
            AppendNumbered(log.GetTopic(Name)[0].Log, Records + i + 1);
            Close(log);
            Assert.Equal(mark, DiskPieces.ReadFile(Files, Mark));
        }
    }

    /// <summary>
    /// A bad frame among records that nothing has flushed is damage while the page cache has survived, and looks like a
    /// torn write after a loss of power: without the mark, the second opening would cut off the good ones behind it.
    /// </summary>
    [Fact]
    public void Open_DamageThatOnlyTheSurvivingCacheTells_IsToldAfterALossOfPower()
    {
        CommitLog log = Open();
        Topic topic = Machine.Run(() => log.CreateTopicAsync(Name, new TopicOptions { Partitions = 3 }).AsTask());
        AppendNumbered(topic[1].Log, 5);
        long position = topic[1].SizeBytes;
        AppendNumbered(topic[1].Log, 20);
        string path = topic[1].Log.Segments.Last!.Path;
        using SimulatedPlatform killed = Machine.Crash(CrashKind.ProcessKill);
        DiskPieces.Flip(killed.Platform.Files, path, position + 20);
        foreach (string name in killed.Platform.Files.ListFiles(BadDirectory))
        {
            // As the system writes files back sooner or later.
            string each = Path.Combine(BadDirectory, name);
            using LogFile file = killed.Platform.Files.OpenFile(each, FileOpening.ReadWrite);
            file.Flush(0, file.Length);
        }

        killed.Platform.Files.SyncDirectory(BadDirectory);
        log = killed.Run(OpenLog.OnAsync(killed).AsTask);
        CorruptLogException told = Assert.IsType<CorruptLogException>(log.GetTopic(Name)[1].Failure);
        Assert.Equal((path, position), (told.File, told.Position));
        using SimulatedPlatform after = killed.Crash(CrashKind.PowerLoss);
        log = after.Run(OpenLog.OnAsync(after).AsTask);

        Assert.Equal(told.Message, log.GetTopic(Name)[1].Failure?.Message);
        after.Run(log.DisposeAsync());
        SalvageReport report = after.Run(() => SalvageOpening.RunAsync(
            OpenLog.Directory, Bad, new SalvageOptions(), after.Platform, CancellationToken.None).AsTask());
        Assert.Equal(new OffsetRange(5, 6), Assert.Single(report.Gone));
        Assert.Equal((20L, 19L, false), (report.EndOffset, report.KeptRecords, report.EndIsCertain));
        log = after.Run(OpenLog.OnAsync(after).AsTask);
        Assert.Equal(20, log.GetTopic(Name)[1].EndOffset);
        after.Run(log.DisposeAsync());
    }

    /// <summary>The clean close is over by then, and with it what has told the damage.</summary>
    [Fact]
    public void Open_FilesPutBackByHand_TellsTheDamageUntilASalvageHasFoundAllWell()
    {
        Make();
        byte[] segment = DiskPieces.ReadFile(Files, Segment);
        Files.DeleteFile(Segment);
        Close(Open());
        using (LogFile file = Files.OpenFile(Segment, FileOpening.CreateNew))
        {
            file.Write(segment, 0);
        }

        CommitLog log = Open();
        Assert.NotNull(log.GetTopic(Name)[1].Failure);
        Close(log);
        SalvageReport report = Salvage();

        Assert.False(report.HasChanged);
        Assert.False(Files.FileExists(Mark));
        AssertWhole();
    }

    [Fact]
    public void Open_MarkThatIsNotIntact_FailsThePartitionAllTheSame()
    {
        Make();
        using (LogFile file = Files.OpenFile(Mark, FileOpening.CreateNew))
        {
            file.Write("other"u8, 0);
        }

        CommitLog log = Open();
        CorruptLogException told = Assert.IsType<CorruptLogException>(log.GetTopic(Name)[1].Failure);
        Assert.Equal(Mark, told.File);
        Assert.Contains("SalvageAsync", told.Message, StringComparison.Ordinal);
        Close(log);

        Salvage();
        AssertWhole();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Salvage_ADamagedPartitionAfterLaterOpenings_KnowsTheEndAsBeforeThem(bool atTheEnd)
    {
        Make();
        string path = atTheEnd ? LastSegment() : Segment;
        Files.DeleteFile(path);
        Files.SyncDirectory(BadDirectory);
        for (int i = 0; i < 2; i++)
        {
            CommitLog log = Open();
            Assert.NotNull(log.GetTopic(Name)[1].Failure);
            Close(log);
        }

        SalvageReport report = Salvage();

        OffsetRange gone = Assert.Single(report.Gone);
        Assert.True(report.EndIsCertain);
        Assert.Equal((Records, Records - gone.Count), (report.EndOffset, report.KeptRecords));
        CommitLog after = Open();
        Assert.Empty(after.Recovery.Damaged);
        Assert.Equal(Records, after.GetTopic(Name)[1].EndOffset);
        Close(after);
        after = Open();
        Assert.True(after.Recovery.Clean);
        Close(after);
    }

    [Fact]
    public void Open_NoSpaceForTheMark_IsRefusedAndTellsTheDamageLater()
    {
        Damage();
        Machine.Disk.CapacityBytes = Machine.Disk.UsedBytes;
        Assert.Throws<DiskFullException>(Open);
        Machine.Scheduler.RunUntilIdle();
        Assert.Empty(Machine.Disk.OpenFiles);
        Assert.False(Files.FileExists(Mark));
        Machine.Disk.CapacityBytes = long.MaxValue;

        CommitLog log = Open();

        Assert.NotNull(log.GetTopic(Name)[1].Failure);
        Close(log);
    }

    [Fact]
    public void Open_TheCommittedOffsetsDamaged_IsRefusedAndMarksNothing()
    {
        Damage();
        Files.DeleteFile(Path.Combine(OpenLog.FullDirectory, "groups", "checkpoint"));

        CorruptLogException told = Assert.Throws<CorruptLogException>(Open);

        Assert.Equal("__offsets", told.Topic);
        Assert.False(Files.FileExists(Mark));
    }

    [Fact]
    public void Mark_AllFields_AreReadAsTheyWereWritten()
    {
        DamageMark mark = new(true, false, 1_780_000_000_123, 4096, 77, "1.segment", "a", "b", "what <partition>");

        Assert.Equal(mark, DamageMark.TryRead(mark.Encode()));
        DamageMark unknown = new(false, true, 0, -1, -1, "", "", "", new string('\u20ac', 9000));
        byte[] bytes = unknown.Encode();
        Assert.InRange(bytes.Length, 64, DamageMark.MaxBytes);
        Assert.StartsWith("\u20ac\u20ac", DamageMark.TryRead(bytes)?.Message, StringComparison.Ordinal);
        for (int i = 0; i < bytes.Length; i += 7)
        {
            byte[] bad = [.. bytes];
            bad[i] ^= 1;
            Assert.Null(DamageMark.TryRead(bad));
            Assert.Null(DamageMark.TryRead(bytes.AsSpan(0, i)));
        }
    }
}
