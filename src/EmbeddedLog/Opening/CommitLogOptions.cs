using System.Text.Json;
using System.Text.Json.Serialization;
using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog;

/// <summary>
/// Options of a log's opening. Checked and copied when passed in: later changes have no effect, and one
/// <see cref="ArgumentException"/> has all faults. Nothing of it is stored.
/// </summary>
public sealed class CommitLogOptions
{
    /// <summary>
    /// Clock and timers. Only ages, intervals and timestamps use them; no acknowledgement and no wake-up waits for
    /// them. If it throws, the log uses the system's clock from then on, and logs a warning. Default:
    /// <see cref="TimeProvider.System"/>.
    /// </summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// Logs recovery, retention and failures. Exceptions of a logger are ignored. Default: null, which logs nothing.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>
    /// How long opening waits for another process to release the directory, as in a rolling restart: 0 to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes. Default: 0, which fails at once.
    /// </summary>
    public TimeSpan OwnerTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// JSON metadata for types of keys and values without a built-in serializer; the first context with the type
    /// counts. Needed in trimmed and ahead-of-time compiled programs, which have no reflection. Default: empty.
    /// </summary>
    public IList<JsonSerializerContext> JsonContexts { get; set; } = [];

    /// <summary>
    /// How JSON is written and read; <see cref="JsonContexts"/> then give only the metadata, not their own options.
    /// Default: null, which means the options of the context, or the serializer's defaults with three changes: names of
    /// members in any case, an error for a missing required parameter of a constructor, and an error for a null that
    /// the type does not admit.
    /// </summary>
    public JsonSerializerOptions? JsonSerializerOptions { get; set; }

    /// <summary>
    /// Which users of the system may read the log's files, whatever the umask of the process. The group is that of the
    /// process, or of a parent directory with the set-group-ID bit. With <see cref="LogAccess.Group"/> an opening lets
    /// the group read existing files too; with <see cref="LogAccess.Owner"/> it leaves them as they are. The caller
    /// grants access to the directories above the log's. Without effect on Windows, where files inherit the access
    /// rules of their directory. Default: <see cref="LogAccess.Owner"/>.
    /// </summary>
    public LogAccess Access { get; set; } = LogAccess.Owner;

    /// <summary>
    /// How many segments that are only read stay open and mapped, 1 to 32,768. Beyond that, the one that was not used
    /// for longest is closed until its next read. It bounds file handles and memory maps. Default: 256.
    /// </summary>
    public int MaxOpenSegments { get; set; } = 256;

    /// <summary>
    /// How often retention is applied, 1 ms to 1 day, as Kafka's <c>log.retention.check.interval.ms</c>. The first
    /// round comes soon after the opening, in the background. Default: 5 minutes.
    /// </summary>
    public TimeSpan RetentionCheckInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long what a group has committed is kept while the group has no consumer: 1 minute to 36,500 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> to keep it for ever; as Kafka's <c>offsets.retention.minutes</c>. Only
    /// time counts in which the log is open, so a service that is switched off for a month loses nothing. The log looks
    /// every 10 minutes, or ten times in a shorter retention. Then all offsets of the group are deleted, which is
    /// logged, and it begins as a new one. Default: 7 days.
    /// </summary>
    public TimeSpan OffsetsRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// How many bytes of segments a scrub reads in a second at most, 64 KiB (65,536) to 1 TiB (1,099,511,627,776); null
    /// for no scrub. A scrub repeats the check of <see cref="CommitLog.VerifyAsync"/> while the log is open, past the
    /// page cache if the file system allows it. Findings are logged and in <see cref="CommitLog.LastScrub"/>; it
    /// repairs nothing. Default: null.
    /// </summary>
    public long? ScrubBytesPerSecond { get; set; }

    /// <summary>
    /// How often a round of the scrub through the whole log begins, 1 second to 365 days. If a round takes longer, the
    /// next one follows at once. The first begins with the opening. Without effect if <see cref="ScrubBytesPerSecond"/>
    /// is null. Default: 1 day.
    /// </summary>
    public TimeSpan ScrubInterval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Whether a first round of retention follows the opening at once. False for a test that first compares the
    /// partitions with its records.
    /// </summary>
    internal bool RetainsAtOpening { get; set; } = true;

    /// <summary>
    /// What is out of bounds or contradictory: a sentence for each fault, which begins with the property's name. Empty
    /// if the options are valid. An opening with other ones throws an exception with all of them.
    /// </summary>
    public IReadOnlyList<string> FindFaults() => Check().All;

    /// <summary>A copy that is known to be valid, its list included.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds or contradictory; the message has all
    /// faults.</exception>
    internal CommitLogOptions ValidatedCopy()
    {
        var copy = (CommitLogOptions)MemberwiseClone();
        copy.JsonContexts = JsonContexts is null ? null! : [.. JsonContexts];
        copy.JsonSerializerOptions = JsonSerializerOptions is { } json ? new JsonSerializerOptions(json) : null;
        copy.Check().ThrowIfAny();
        return copy;
    }

    private OptionFaults Check()
    {
        var faults = new OptionFaults(nameof(CommitLogOptions));
        faults.NotNull(nameof(TimeProvider), TimeProvider, "use TimeProvider.System");
        faults.NotNull(nameof(JsonContexts), JsonContexts, "use an empty list");
        if (JsonContexts is not null && JsonContexts.IndexOf(null!) is >= 0 and int index)
        {
            faults.Add($"{nameof(JsonContexts)}[{index}]", "null", "set", "use the Default property of a context");
        }

        faults.Defined(nameof(Access), Access);
        faults.Range(
            nameof(OwnerTimeout),
            OwnerTimeout,
            TimeSpan.Zero,
            TimeSpan.FromDays(1),
            "use TimeSpan.Zero not to wait",
            "no limit");
        faults.Range(
            nameof(MaxOpenSegments), MaxOpenSegments, 1, 32_768, "segments", "256 suits most logs");
        faults.Range(
            nameof(RetentionCheckInterval),
            RetentionCheckInterval,
            TimeSpan.FromMilliseconds(1),
            TimeSpan.FromDays(1),
            "to keep records for ever, use RetentionPolicy.KeepForever instead");
        faults.Range(
            nameof(OffsetsRetention),
            OffsetsRetention,
            TimeSpan.FromMinutes(1),
            TimeSpan.FromDays(36_500),
            "to delete the offsets of a group at once, use DeleteGroupAsync",
            "no end");
        faults.Range(
            nameof(ScrubBytesPerSecond),
            ScrubBytesPerSecond ?? VerifyOptions.MinRate,
            VerifyOptions.MinRate,
            VerifyOptions.MaxRate,
            "bytes",
            "use null for no scrub");
        faults.Range(
            nameof(ScrubInterval),
            ScrubInterval,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromDays(365),
            "to do without, leave ScrubBytesPerSecond at null");
        return faults;
    }
}
