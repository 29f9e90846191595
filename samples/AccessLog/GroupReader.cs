using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AccessLog.Input;
using AccessLog.Views;
using EmbeddedLog;

namespace AccessLog;

/// <summary>
/// One consumer group: passes every request to its view, and now and then saves the view's totals together with the
/// offsets they include. A later run loads the last of these records and seeks to its offsets.
/// </summary>
/// <typeparam name="TView">The group's view.</typeparam>
internal sealed class GroupReader<TView> : IGroupReader
    where TView : class, IView, new()
{
    /// <summary>
    /// Totals are saved after so many requests, or after as many as they have entries, so that saving never costs more
    /// than counting.
    /// </summary>
    private const int RequestsPerSnapshot = 10_000;

    /// <summary>Progress is reported this often.</summary>
    private const int RequestsPerReport = 50;

    private readonly CommitLog _log;
    private readonly int _number;
    private readonly JsonTypeInfo<Snapshot<TView>> _json;
    private readonly Progress _progress;
    private readonly int _progressNumber;
    private readonly TView _view;

    /// <summary>The offset of the next request, by partition.</summary>
    private readonly long[] _next;

    /// <summary>The requests counted, in all runs, and those in the totals saved last.</summary>
    private long _counted;
    private long _saved;

    /// <summary>Loads the totals of an earlier run, if there are any.</summary>
    /// <param name="log">The log.</param>
    /// <param name="number">The group's partition of the topic <see cref="SampleTopics.Totals"/>.</param>
    /// <param name="json">The JSON metadata of the group's totals.</param>
    /// <param name="progress">Gets the group's progress.</param>
    public GroupReader(CommitLog log, int number, JsonTypeInfo<Snapshot<TView>> json, Progress progress)
    {
        _log = log;
        _number = number;
        _json = json;
        bool found = TryLoad(out Snapshot<TView>? snapshot);
        _view = found ? snapshot!.Totals : new TView();
        _next = found ? snapshot!.Next : new long[SampleTopics.RequestPartitions];
        _counted = _saved = _next.Sum();
        _progress = progress;
        _progressNumber = progress.AddGroup(TView.Group, _counted);
    }

    /// <inheritdoc/>
    public string Group => TView.Group;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken sourceEnded, CancellationToken cancellationToken)
    {
        await using Consumer<string, AccessLine> consumer =
            _log.CreateConsumer<string, AccessLine>(SampleTopics.Requests, TView.Group);
        for (int partition = 0; partition < _next.Length; partition++)
        {
            consumer.Seek(new TopicPartitionOffset(SampleTopics.Requests, partition, _next[partition]));
        }

        using var reading = CancellationTokenSource.CreateLinkedTokenSource(sourceEnded, cancellationToken);
        try
        {
            await CountAsync(consumer.ReadAllAsync(reading.Token), cancellationToken);
        }
        catch (OperationCanceledException) when (sourceEnded.IsCancellationRequested)
        {
            // No request follows any more, so the present end is the last one.
            await CountAsync(consumer.ReadToEndAsync(cancellationToken), cancellationToken);
        }
        finally
        {
            await SaveAsync();
            _progress.ReportGroup(_progressNumber, _counted);
        }
    }

    /// <inheritdoc/>
    public void Print(TextWriter output) => _view.Print(output);

    private async Task CountAsync(
        IAsyncEnumerable<Record<string, AccessLine>> records, CancellationToken cancellationToken)
    {
        await foreach (Record<string, AccessLine> record in records.WithCancellation(cancellationToken))
        {
            _view.Add(record.Value);
            _next[record.Partition] = record.Offset + 1;
            _counted++;
            if (_counted % RequestsPerReport == 0)
            {
                _progress.ReportGroup(_progressNumber, _counted);
            }

            if (_counted - _saved >= Math.Max(RequestsPerSnapshot, _view.Size))
            {
                await SaveAsync();
            }
        }
    }

    private bool TryLoad([NotNullWhen(true)] out Snapshot<TView>? snapshot)
    {
        snapshot = null;
        if (!_log.GetTopic(SampleTopics.Totals)[_number].TryReadLast(out RecordLease? last))
        {
            return false;
        }

        using (last)
        {
            snapshot = Read(last);
            return true;
        }
    }

    /// <summary>The log guarantees the bytes, but another program may have written to the topic.</summary>
    private Snapshot<TView> Read(RecordLease saved)
    {
        try
        {
            if (JsonSerializer.Deserialize(saved.Value, _json) is { } snapshot
                && snapshot.Next?.Length == SampleTopics.RequestPartitions && snapshot.Totals is not null)
            {
                return snapshot;
            }
        }
        catch (JsonException)
        {
            // Reported below, with advice.
        }

        throw new InvalidDataException(
            $"The totals that group {TView.Group} saved at offset {saved.Offset} of partition {_number} of the topic "
            + $"'{SampleTopics.Totals}' cannot be understood; another version of this program may have written them. "
            + $"Give another directory with --data, or delete '{_log.Directory}', to count everything anew.");
    }

    /// <summary>
    /// Saves the totals. The requests they include are flushed first: if the log lost some of them in a power failure,
    /// they would be read from the source and counted again.
    /// </summary>
    private async Task SaveAsync()
    {
        if (_counted == _saved)
        {
            return;
        }

        Topic requests = _log.GetTopic(SampleTopics.Requests);
        for (int partition = 0; partition < _next.Length; partition++)
        {
            await requests[partition].FlushAsync(_next[partition]);
        }

        await using Producer<string, Snapshot<TView>> producer =
            _log.CreateProducer<string, Snapshot<TView>>(SampleTopics.Totals);
        await producer.ProduceAsync(
            new ProducerRecord<string, Snapshot<TView>>(TView.Group, new Snapshot<TView>(_next, _view))
            {
                Partition = _number,
            });
        _saved = _counted;
    }
}
