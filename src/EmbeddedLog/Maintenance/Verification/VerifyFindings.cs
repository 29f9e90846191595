using EmbeddedLog.IO;

namespace EmbeddedLog.Maintenance.Verification;

/// <summary>Gathers what a verification finds, and counts what it has seen. For one thread at a time.</summary>
internal sealed class VerifyFindings
{
    private readonly List<VerifyFinding> _kept = [];
    private long _count;

    /// <summary>How many of the kept ones were told.</summary>
    private int _settled;

    /// <summary>Told of what is found, when it is settled; or null.</summary>
    public Action<VerifyFinding>? Settled { get; set; }

    /// <summary>How much was found so far.</summary>
    public int Count => (int)Math.Min(_count, int.MaxValue);

    /// <summary>Segments that were checked to their ends.</summary>
    public int Segments { get; set; }

    /// <summary>Segments that were taken away meanwhile.</summary>
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

    /// <summary>Says that nothing found so far will be forgotten.</summary>
    public void Settle()
    {
        for (; _settled < _kept.Count; _settled++)
        {
            Settled?.Invoke(_kept[_settled]);
        }
    }

    /// <summary>Forgets what was found since there were <paramref name="count"/> findings.</summary>
    public void BackTo(int count)
    {
        _count = count;
        if (_kept.Count > count)
        {
            _kept.RemoveRange(count, _kept.Count - count);
        }
    }

    /// <summary>
    /// Runs a check whose exceptions are findings: of damage, of what is newer, of what cannot be read.
    /// </summary>
    /// <exception cref="FileSystemException">It failed in a way that says nothing about the file.</exception>
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
                told.Expected ?? "what this version of the library writes",
                told.Actual ?? told.Message,
                null,
                null,
                IsHarmless: false));
        }
        catch (FileSystemException failure)
            when (failure.Error is FileSystemError.DeviceFailure or FileSystemError.NotFound)
        {
            string found = failure.Error == FileSystemError.NotFound ? "nothing" : "what the device cannot read";
            Add(new VerifyFinding(partition, failure.Path, 0, "a file", found, null, null, IsHarmless: false));
        }
    }

    /// <summary>The report of all that.</summary>
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
