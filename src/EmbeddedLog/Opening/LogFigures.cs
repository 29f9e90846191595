using System.Diagnostics.Metrics;
using EmbeddedLog.Coordination.Administration;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Partitions;
using HeldSegments = EmbeddedLog.Maintenance.Retention.Pins;

namespace EmbeddedLog.Opening;

/// <summary>The figures of an open log, for those who collect metrics.</summary>
/// <param name="log">The log.</param>
/// <param name="groups">Its groups.</param>
internal sealed class LogFigures(OpenedLog log, GroupDescriptions groups) : ILogFigures
{
    private readonly KeyValuePair<string, object?> _directory =
        TelemetryTags.Of(TelemetryTags.Directory, log.Directory.Path);

    /// <summary>Tells the opening, and gives figures from now on.</summary>
    public void Begin(RecoveryReport opening)
    {
        Telemetry.Shared.RecoveryDuration.Record(
            opening.Duration.TotalSeconds, [_directory, TelemetryTags.Of(TelemetryTags.IsClean, opening.Clean)]);
        if (log.Parts.Platform.IsForAllThreads)
        {
            Telemetry.Shared.Add(this);
        }
    }

    /// <summary>Gives none any more.</summary>
    public void End() => Telemetry.Shared.Remove(this);

    /// <inheritdoc/>
    public IEnumerable<Measurement<long>> Sizes() =>
        from partition in Usable()
        select new Measurement<long>(partition.SizeBytes, Tags(partition.Id));

    /// <inheritdoc/>
    public IEnumerable<Measurement<long>> Segments() =>
        from partition in Usable()
        select new Measurement<long>(partition.Segments.Count, Tags(partition.Id));

    /// <inheritdoc/>
    public IEnumerable<Measurement<long>> Pins() =>
        [new Measurement<long>(HeldSegments.Collect(log.Parts.Segments, log.Topics.Partitions).Length, _directory)];

    /// <inheritdoc/>
    public IEnumerable<Measurement<long>> FailedPartitions() =>
        from topic in log.Topics.All
        let failed = topic.Current.Partitions.Count(partition => partition.Failure is not null)
        select new Measurement<long>(
            failed, TelemetryTags.Of(TelemetryTags.Topic, topic.Name), _directory);

    /// <inheritdoc/>
    public IEnumerable<Measurement<long>> Lags() =>
        from lag in GroupPartitions()
        where lag.Partition.Failure is null
        select new Measurement<long>(lag.Partition.Lag, Tags(lag.Partition.Partition, lag.Group));

    /// <inheritdoc/>
    public IEnumerable<Measurement<double>> LagTimes() =>
        from lag in GroupPartitions()
        where lag.Partition.LagTime is not null
        select new Measurement<double>(
            lag.Partition.LagTime!.Value.TotalSeconds, Tags(lag.Partition.Partition, lag.Group));

    private IEnumerable<PartitionLog> Usable() =>
        log.Topics.Partitions.Where(partition => !partition.IsDamaged && !partition.IsClosed);

    private IEnumerable<(string Group, GroupPartitionDescription Partition)> GroupPartitions()
    {
        foreach (string group in groups.List())
        {
            GroupDescription description;
            try
            {
                description = groups.Describe(group);
            }
            catch (UnknownGroupException)
            {
                // It was deleted meanwhile.
                continue;
            }

            foreach (GroupPartitionDescription partition in description.Partitions)
            {
                yield return (group, partition);
            }
        }
    }

    private KeyValuePair<string, object?>[] Tags(TopicPartition partition) =>
        [.. TelemetryTags.OfPartition(partition), _directory];

    private KeyValuePair<string, object?>[] Tags(TopicPartition partition, string group) =>
        [.. Tags(partition), TelemetryTags.Of(TelemetryTags.Group, group)];
}
