using EmbeddedLog.IO;

namespace EmbeddedLog.Maintenance.Verification;

/// <summary>Collects the findings of a verification, and counts what was checked. For one thread at a time.</summary>
internal sealed class VerifyFindings
{
    private readonly List<VerifyFinding> _kept = [];
    private long _count;

    /// <summary>How many of the kept ones were reported.</summary>
    private int _settled;

    /// <summary>Gets findings when they are settled; or null.</summary>
    public Action<VerifyFinding>? Settled { get; set; }

    /// <summary>The number of findings so far.</summary>
    public int Count => (int)Math.Min(_count, int.MaxValue);

    /// <summary>Segments that were checked to their ends.</summary>
    public int Segments { get; set; }

    /// <summary>Segments that were removed meanwhile.</summary>
    public int RemovedSegments { get; set; }

    /// <summary>Indexes that were made again.</summary>
    public int RebuiltIndexes { get; set; }

    /// <summary>Good frames.</summary>
    public long Frames { get; set; }

    /// <summary>Records in good frames.</summary>
    public long Records { get; set; }

    /// <summary>Bytes of segments.</summary>
    public long Bytes { get; set; }

    /// <summary>Notes a finding.</summary>
    public void Add(VerifyFinding finding)
    {
        _count++;
        if (_kept.Count < VerifyReport.MaxFindings)
        {
            _kept.Add(finding);
        }
    }

    /// <summary>Settles the findings so far: they will not be dropped.</summary>
    public void Settle()
    {
        for (; _settled < _kept.Count; _settled++)
        {
            Settled?.Invoke(_kept[_settled]);
        }
    }

    /// <summary>Drops the findings after the first <paramref name="count"/>.</summary>
    public void BackTo(int count)
    {
        _count = count;
        if (_kept.Count > count)
        {
            _kept.RemoveRange(count, _kept.Count - count);
        }
    }

    /// <summary>Runs a check whose exceptions are findings: damage, a newer format, unreadable bytes.</summary>
    /// <exception cref="FileSystemException">It failed in a way that proves nothing about the file.</exception>
    public void Run(TopicPartition? partition, Action check)
    {
        try
        {
            check();
        }
        catch (EmbeddedLogException told) when (told is CorruptLogException or UnsupportedFormatException)
        {
            Add(new VerifyFinding(
                partition,
                told.File ?? string.Empty,
                told.Position ?? 0,
                told.Expected ?? "the format of this version of the library",
                told.Actual ?? told.Message,
                null,
                null,
                IsHarmless: false));
        }
        catch (FileSystemException failure)
            when (failure.Error is FileSystemError.DeviceFailure or FileSystemError.NotFound)
        {
            string found = failure.Error == FileSystemError.NotFound ? "nothing" : "bytes that the device cannot read";
            Add(new VerifyFinding(partition, failure.Path, 0, "a file", found, null, null, IsHarmless: false));
        }
    }

    /// <summary>The report.</summary>
    public VerifyReport ToReport(int partitions, TimeSpan duration) => new([.. _kept], _count)
    {
        Partitions = partitions,
        Segments = Segments,
        RemovedSegments = RemovedSegments,
        RebuiltIndexes = RebuiltIndexes,
        Frames = Frames,
        Records = Records,
        Bytes = Bytes,
        Duration = duration,
    };
}
