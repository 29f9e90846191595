using EmbeddedLog;

namespace AccessLog;

/// <summary>
/// The topics of the sample. Requests are kept for ever, because totals are exact only with all of them.
/// </summary>
internal static class SampleTopics
{
    /// <summary>The parsed lines, keyed by client address.</summary>
    public const string Requests = "requests";

    /// <summary>The rejected lines, with the reason.</summary>
    public const string Rejected = "rejected";

    /// <summary>The read end of each source; the last record of a source counts.</summary>
    public const string Sources = "sources";

    /// <summary>Each group's totals with the offsets they include; the last record of its partition counts.</summary>
    public const string Totals = "totals";

    /// <summary>The partitions of <see cref="Requests"/>.</summary>
    public const int RequestPartitions = 4;

    /// <summary>The partitions of <see cref="Totals"/>.</summary>
    public const int Groups = 3;

    /// <summary>Room for the largest possible totals of the views, written as JSON.</summary>
    private const int MaxTotalsBytes = 60 << 20;

    /// <summary>Creates the topics that do not exist yet.</summary>
    public static async Task EnsureAsync(CommitLog log, CancellationToken cancellationToken)
    {
        var forever = new TopicOptions { Retention = RetentionPolicy.KeepForever };
        await log.EnsureTopicAsync(Rejected, forever, cancellationToken);
        await log.EnsureTopicAsync(Sources, forever, cancellationToken);
        await log.EnsureTopicAsync(
            Requests,
            new TopicOptions { Partitions = RequestPartitions, Retention = RetentionPolicy.KeepForever },
            cancellationToken);

        // Only the last record of a partition is ever read. Retention by size keeps at least that one.
        await log.EnsureTopicAsync(
            Totals,
            new TopicOptions
            {
                Partitions = Groups,
                MaxRecordBytes = MaxTotalsBytes,
                Retention = new RetentionPolicy { MaxAge = null, MaxBytesPerPartition = MaxTotalsBytes },
            },
            cancellationToken);
    }
}
