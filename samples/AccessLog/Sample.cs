using System.Text.Json;
using AccessLog.Input;
using AccessLog.Views;
using EmbeddedLog;

namespace AccessLog;

/// <summary>The sample itself: one reader of the source and three groups, all at work at the same time.</summary>
internal sealed class Sample
{
    private const int RejectedShown = 5;

    private readonly CommandLine _commandLine;
    private readonly TextWriter _output;
    private readonly TimeProvider _time;

    /// <summary>Creates the sample.</summary>
    public Sample(CommandLine commandLine, TextWriter output, TimeProvider time)
    {
        _commandLine = commandLine;
        _output = output;
        _time = time;
    }

    /// <summary>Runs until the source has ended and every group has counted all of it.</summary>
    public async Task RunAsync(bool onTerminal, CancellationToken cancellationToken)
    {
        if (_commandLine is { ListRejected: true, Source: null })
        {
            await using ReadOnlyLog kept =
                await CommitLog.OpenReadOnlyAsync(_commandLine.DataDirectory, cancellationToken: cancellationToken);
            PrintRejected(kept.GetTopic(SampleTopics.Rejected)[0]);
            return;
        }

        await using LogSource source = LogSource.Open(_commandLine.Source);
        long started = _time.GetTimestamp();
        var options = new CommitLogOptions { TimeProvider = _time, JsonContexts = { AccessLogJson.Default } };
        await using CommitLog log = await CommitLog.OpenAsync(_commandLine.DataDirectory, options, cancellationToken);
        await SampleTopics.EnsureAsync(log, cancellationToken);

        ResumePoint resume = await ResumePoint.FindAsync(log, source, cancellationToken);
        PrintStart(source, resume);
        var progress = new Progress(_output, onTerminal, _commandLine.ProgressInterval, _time);
        IGroupReader[] groups =
        [
            new GroupReader<RequestsPerMinute>(log, 0, AccessLogJson.Default.SnapshotRequestsPerMinute, progress),
            new GroupReader<TopPaths>(log, 1, AccessLogJson.Default.SnapshotTopPaths, progress),
            new GroupReader<SuspiciousClients>(log, 2, AccessLogJson.Default.SnapshotSuspiciousClients, progress),
        ];
        Ingest ingest = await RunAllAsync(log, source, resume, progress, groups, cancellationToken);
        progress.Finish();
        PrintSummary(log, ingest, groups, _time.GetElapsedTime(started));
    }

    private static async Task<Ingest> RunAllAsync(
        CommitLog log,
        LogSource source,
        ResumePoint resume,
        Progress progress,
        IGroupReader[] groups,
        CancellationToken cancellationToken)
    {
        using var sourceEnded = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Ingest> ingest = Task.Run(
            () => Ingest.RunAsync(log, source, resume, progress, stop.Token), CancellationToken.None);
        List<Task> running = [ingest];
        foreach (IGroupReader group in groups)
        {
            running.Add(Task.Run(() => group.RunAsync(sourceEnded.Token, stop.Token), CancellationToken.None));
        }

        await foreach (Task ended in Task.WhenEach(running))
        {
            if (!ended.IsCompletedSuccessfully)
            {
                // After a failure or a stop of one the others stop too, and save their totals.
                await stop.CancelAsync();
            }
            else if (ended == ingest)
            {
                await sourceEnded.CancelAsync();
            }
        }

        await Task.WhenAll(running);
        return await ingest;
    }

    private void PrintStart(LogSource source, ResumePoint resume)
    {
        _output.WriteLine($"source: {source.Name}");
        _output.WriteLine($"data:   {Path.GetFullPath(_commandLine.DataDirectory)}");
        if (!source.CanResume)
        {
            _output.WriteLine(
                "A stream cannot be resumed: if this run is stopped, its totals are kept, but the lines it did not "
                + "read have to be fed again without the others.");
        }
        else if (resume.LastStored > 0)
        {
            _output.WriteLine(
                $"An earlier run stored this source up to line {resume.LastStored:N0}; going on from there.");
            if (source.LengthBytes < resume.Bytes)
            {
                _output.WriteLine("The file is now shorter than what was read of it then: nothing in it is new.");
            }
        }

        _output.WriteLine();
    }

    private void PrintSummary(CommitLog log, Ingest ingest, IGroupReader[] groups, TimeSpan elapsed)
    {
        _output.WriteLine();
        _output.Write($"This run read {ingest.Lines:N0} lines in {elapsed.TotalSeconds:N1} s: ");
        _output.Write($"{ingest.Stored:N0} requests stored, {ingest.Rejected:N0} lines rejected");
        _output.WriteLine(ingest.Skipped > 0 ? $", {ingest.Skipped:N0} already there." : ".");
        if (ingest.HasUnfinishedLine)
        {
            _output.WriteLine("The last line is not finished; the next run reads it when it is.");
        }

        _output.WriteLine();
        _output.WriteLine("TOTALS OF ALL RUNS");
        foreach (IGroupReader group in groups)
        {
            _output.WriteLine();
            _output.WriteLine($"group {group.Group}");
            group.Print(_output);
        }

        _output.WriteLine();
        PrintRejected(log.GetTopic(SampleTopics.Rejected)[0]);
        _output.WriteLine();
        _output.WriteLine($"The data lie in {log.Directory}");
    }

    private void PrintRejected(LogPartition rejected)
    {
        _output.WriteLine($"topic {SampleTopics.Rejected}");
        _output.WriteLine($"  {rejected.EndOffset:N0} lines are no log lines");
        if (rejected.EndOffset == 0)
        {
            return;
        }

        _output.WriteLine();
        var table = new TextTable(">line", "reason", "beginning with");
        using PartitionScan scan = rejected.Scan(
            _commandLine.ListRejected ? rejected.StartOffset : Math.Max(0, rejected.EndOffset - RejectedShown));
        while (scan.TryRead(out RecordView record))
        {
            if (ReadRejected(record.Value) is { } line)
            {
                table.Add($"{line.Line:N0}", line.Reason, line.Text);
            }
            else
            {
                table.Add("?", "the record was not written by this sample", $"offset {record.Offset} of the topic");
            }
        }

        table.Print(_output);
    }

    private static RejectedLine? ReadRejected(ReadOnlySpan<byte> value)
    {
        try
        {
            return JsonSerializer.Deserialize(value, AccessLogJson.Default.RejectedLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
