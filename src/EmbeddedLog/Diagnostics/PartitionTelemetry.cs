using System.Diagnostics;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Diagnostics;

/// <summary>Tells what a partition does.</summary>
/// <param name="telemetry">The telemetry of the process.</param>
/// <param name="id">The partition.</param>
/// <param name="work">
/// Tells flushes: whoever makes one has a role that others wait for, and may hold locks.
/// </param>
internal sealed class PartitionTelemetry(Telemetry telemetry, TopicPartition id, WorkQueue work)
{
    private readonly KeyValuePair<string, object?>[] _tags = TelemetryTags.OfPartition(id);

    /// <summary>The times of appends. Who asks for each append whether anybody wants them keeps a copy.</summary>
    public Figure<double> Appends => telemetry.AppendDuration;

    /// <summary>Tells an append. Only on the caller's thread, under no lock.</summary>
    /// <param name="began">Its beginning, of <see cref="Stopwatch"/>.</param>
    public void NoteAppend(long began) =>
        telemetry.AppendDuration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, _tags);

    /// <summary>Tells removed segments, from the work queue.</summary>
    public void NoteRemoved(int segments)
    {
        if (telemetry.RemovedSegments.IsOn)
        {
            work.Queue(new Told(() => telemetry.RemovedSegments.Record(segments, _tags)));
        }
    }

    /// <summary>The time at which a flush begins; zero where nobody wants it.</summary>
    public long BeginFlush() =>
        telemetry.FlushDuration.IsOn || telemetry.FlushRecords.IsOn ? Stopwatch.GetTimestamp() : 0;

    /// <summary>Tells a flush, from the work queue.</summary>
    /// <param name="began">What <see cref="BeginFlush"/> returned.</param>
    /// <param name="records">How many records it made durable.</param>
    public void EndFlush(long began, long records)
    {
        if (began != 0)
        {
            TimeSpan took = Stopwatch.GetElapsedTime(began);
            work.Queue(new Told(() =>
            {
                telemetry.FlushDuration.Record(took.TotalSeconds, _tags);
                telemetry.FlushRecords.Record(records, _tags);
            }));
        }
    }

    /// <summary>Tells a flush that failed, from the work queue.</summary>
    public void FailFlush()
    {
        if (telemetry.FlushFailures.IsOn)
        {
            work.Queue(new Told(() => telemetry.FlushFailures.Record(1, _tags)));
        }
    }

    private sealed class Told(Action tell) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => tell();
    }
}
