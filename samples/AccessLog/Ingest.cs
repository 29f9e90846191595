using System.Diagnostics.CodeAnalysis;
using System.Text;
using AccessLog.Input;
using EmbeddedLog;

namespace AccessLog;

/// <summary>Reads a source line by line into the topics <c>requests</c> and <c>rejected</c>.</summary>
internal sealed class Ingest
{
    /// <summary>A checkpoint waits for the disk, so there is one only after so many lines.</summary>
    private const int LinesPerCheckpoint = 50_000;

    /// <summary>Progress is reported this often; most reports cost one look at the clock.</summary>
    private const int LinesPerReport = 50;

    private readonly CommitLog _log;
    private readonly LogSource _source;
    private readonly Progress _progress;
    private readonly ResumePoint _resume;
    private readonly Topic _topic;
    private readonly Producer<string, AccessLine> _requests;
    private readonly Producer<string, RejectedLine> _rejected;
    private readonly Producer<string, SourceCheckpoint> _checkpoints;

    /// <summary>The last line with a line end, at which a checkpoint is possible, and the position behind it.</summary>
    private long _wholeLines;
    private long _wholeBytes;

    /// <summary>The line of the last checkpoint.</summary>
    private long _checkpointLine;

    private Ingest(CommitLog log, LogSource source, Progress progress, ResumePoint resume)
    {
        _log = log;
        _source = source;
        _progress = progress;
        _resume = resume;
        _topic = log.GetTopic(SampleTopics.Requests);
        _requests = log.CreateProducer<string, AccessLine>(SampleTopics.Requests);
        _rejected = log.CreateProducer<string, RejectedLine>(SampleTopics.Rejected);
        _checkpoints = log.CreateProducer<string, SourceCheckpoint>(SampleTopics.Sources);
        _wholeLines = _checkpointLine = resume.Lines;
        _wholeBytes = resume.Bytes;
    }

    /// <summary>The lines read by this run.</summary>
    public long Lines { get; private set; }

    /// <summary>Those of them that an earlier run had stored before it was stopped.</summary>
    public long Skipped { get; private set; }

    /// <summary>The requests that this run stored.</summary>
    public long Stored { get; private set; }

    /// <summary>The lines that this run rejected.</summary>
    public long Rejected { get; private set; }

    /// <summary>Whether the file ended within an incomplete line, which was left to the next run.</summary>
    public bool HasUnfinishedLine { get; private set; }

    /// <summary>Reads a source to its end, from the end of an earlier run on.</summary>
    /// <returns>What was read, for the summary.</returns>
    public static async Task<Ingest> RunAsync(
        CommitLog log,
        LogSource source,
        ResumePoint resume,
        Progress progress,
        CancellationToken cancellationToken)
    {
        var ingest = new Ingest(log, source, progress, resume);
        await using (ingest._requests)
        await using (ingest._rejected)
        await using (ingest._checkpoints)
        {
            await ingest.ReadToEndAsync(cancellationToken);
        }

        return ingest;
    }

    private async Task ReadToEndAsync(CancellationToken cancellationToken)
    {
        LineReader lines = _source.ReadFrom(_resume.Bytes, _resume.Lines);
        bool isWhole = true;
        while (await lines.ReadAsync(cancellationToken) is { } line)
        {
            if (!line.IsTerminated && _source.CanResume && !TryParse(line, out _, out _))
            {
                // Half a line is not rejected: the next run reads it when it is complete.
                HasUnfinishedLine = true;
                isWhole = false;
                break;
            }

            await StoreAsync(line, cancellationToken);
            Lines++;
            isWhole = line.IsTerminated;
            if (isWhole)
            {
                _wholeLines = line.Number;
                _wholeBytes = line.End;
                if (_wholeLines - _checkpointLine >= LinesPerCheckpoint)
                {
                    await SaveCheckpointAsync(cancellationToken);
                }
            }

            if (Lines % LinesPerReport == 0)
            {
                Report(line.Number, line.End);
            }
        }

        // A server may still be writing a last line without line end. It is stored, and the next run reads it again and
        // recognizes it by its number. A checkpoint behind its record would hide it from that run.
        if (isWhole)
        {
            await SaveCheckpointAsync(cancellationToken);
        }

        Report(_resume.Lines + Lines, _source.LengthBytes);
    }

    private async ValueTask StoreAsync(LogLine line, CancellationToken cancellationToken)
    {
        if (TryParse(line, out AccessLine? request, out string? reason))
        {
            // Chosen here, because a resumed run has to know it before it decides whether the line is stored already.
            int partition = _topic.GetPartitionFor(request.Client);
            if (_resume.Holds(partition, line.Number))
            {
                Skipped++;
                return;
            }

            var record = new ProducerRecord<string, AccessLine>(request.Client, request)
            {
                Partition = partition,
                Headers = LineHeaders.Of(_source.Id, line.Number),
            };
            await ProduceAsync(_requests, record, cancellationToken);
            Stored++;
        }
        else if (_resume.Holds(ResumePoint.RejectedSlot, line.Number))
        {
            Skipped++;
        }
        else
        {
            ReadOnlySpan<byte> kept = line.Text.Span[..Math.Min(line.Text.Length, RejectedLine.KeptBytes)];
            var rejection = new RejectedLine(_source.Name, line.Number, reason, Encoding.UTF8.GetString(kept));
            var record = new ProducerRecord<string, RejectedLine>(_source.Id, rejection)
            {
                Headers = LineHeaders.Of(_source.Id, line.Number),
            };
            await ProduceAsync(_rejected, record, cancellationToken);
            Rejected++;
        }
    }

    private static bool TryParse(
        LogLine line,
        [NotNullWhen(true)] out AccessLine? request,
        [NotNullWhen(false)] out string? reason)
    {
        if (line.IsTooLong)
        {
            request = null;
            reason = $"the line is longer than {LineReader.MaxLineBytes} bytes";
            return false;
        }

        return CombinedLogParser.TryParse(line.Text.Span, out request, out reason);
    }

    /// <summary>
    /// Appends without waiting for the disk. A kill loses none of it, for the operating system has it; what a power
    /// failure takes is read again from the source, because the next checkpoint is behind it.
    /// </summary>
    private static async ValueTask ProduceAsync<TValue>(
        IProducer<string, TValue> producer,
        ProducerRecord<string, TValue> record,
        CancellationToken cancellationToken)
    {
        while (!producer.TryProduce(record))
        {
            _ = await producer.WaitToProduceAsync(cancellationToken);
        }
    }

    private async ValueTask SaveCheckpointAsync(CancellationToken cancellationToken)
    {
        if (!_source.CanResume || _wholeLines == _checkpointLine)
        {
            return;
        }

        await _requests.FlushAsync(cancellationToken);
        await _rejected.FlushAsync(cancellationToken);
        var checkpoint = new SourceCheckpoint(
            _source.Name, _wholeLines, _wholeBytes, ResumePoint.EndsOf(_log), _source.Identity);
        await _checkpoints.ProduceAsync(_source.Id, checkpoint, cancellationToken);
        _checkpointLine = _wholeLines;
    }

    private void Report(long line, long? end)
    {
        double? part = _source.LengthBytes is { } length ? (double)(end ?? length) / Math.Max(1, length) : null;
        _progress.ReportLines(line, Rejected, part is { } p ? Math.Min(1, p) : null);
    }
}
