using System.Text.Json;
using System.Text.Json.Serialization;
using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog;

/// <summary>
/// Options of a read-only opening. Checked and copied when passed in: later changes have no effect, and one
/// <see cref="ArgumentException"/> has all faults.
/// </summary>
public sealed class ReadOnlyLogOptions
{
    /// <summary>Clock and timers, which polling uses. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Logs truncations and skipped offsets. Default: null, which logs nothing.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>
    /// Where this process keeps what its own groups commit: a directory outside the log's, which is created if it is
    /// missing, or one that was used for the same log before. One process at a time can use it, and it needs the right
    /// to write there. It is for local disks, as the log's. The log's owner does not see these groups. Default: null,
    /// which means that consumers of this log have no group.
    /// </summary>
    public string? OffsetsDirectory { get; set; }

    /// <summary>
    /// How long opening waits for another process to release <see cref="OffsetsDirectory"/>, as in a rolling restart: 0
    /// to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes. Default: 0, which fails at once.
    /// </summary>
    public TimeSpan OffsetsOwnerTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// How long what an own group has committed is kept while the group has no consumer, by the time for which this log
    /// is open: 1 minute to 36,500 days, or <see cref="Timeout.InfiniteTimeSpan"/> to keep it for ever. As
    /// <see cref="CommitLogOptions.OffsetsRetention"/>. Default: 7 days.
    /// </summary>
    public TimeSpan OffsetsRetention { get; set; } = TimeSpan.FromDays(7);

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
    /// How many segments stay mapped, 1 to 32,768. Beyond that, the one that was not used for longest is closed until
    /// its next read. Default: 256.
    /// </summary>
    public int MaxOpenSegments { get; set; } = 256;

    /// <summary>
    /// The longest time between two polls of a waiting reader, 1 ms to 1 second. The first poll after a record comes
    /// after 1 ms, and each poll without a record doubles the time, up to this. It bounds how late the first record
    /// after a pause is seen. Default: 25 ms.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>A copy that is known to be valid, its list included.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds; the message has all faults.</exception>
    internal ReadOnlyLogOptions ValidatedCopy()
    {
        var copy = (ReadOnlyLogOptions)MemberwiseClone();
        copy.JsonContexts = JsonContexts is null ? null! : [.. JsonContexts];
        copy.JsonSerializerOptions = JsonSerializerOptions is { } json ? new JsonSerializerOptions(json) : null;
        copy.Validate();
        return copy;
    }

    private void Validate()
    {
        var faults = new OptionFaults(nameof(ReadOnlyLogOptions));
        faults.NotNull(nameof(TimeProvider), TimeProvider, "use TimeProvider.System");
        faults.NotNull(nameof(JsonContexts), JsonContexts, "use an empty list");
        if (JsonContexts is not null && JsonContexts.IndexOf(null!) is >= 0 and int index)
        {
            faults.Add($"{nameof(JsonContexts)}[{index}]", "null", "set", "use the Default property of a context");
        }

        if (OffsetsDirectory is not null && string.IsNullOrWhiteSpace(OffsetsDirectory))
        {
            faults.Add(nameof(OffsetsDirectory), "blank", "a path", "use null to read without groups");
        }

        faults.Range(
            nameof(OffsetsOwnerTimeout),
            OffsetsOwnerTimeout,
            TimeSpan.Zero,
            TimeSpan.FromDays(1),
            "use TimeSpan.Zero not to wait",
            "no limit");
        faults.Range(
            nameof(OffsetsRetention),
            OffsetsRetention,
            TimeSpan.FromMinutes(1),
            TimeSpan.FromDays(36_500),
            "to delete the offsets of a group at once, use DeleteGroupAsync",
            "no end");
        faults.Range(
            nameof(MaxOpenSegments), MaxOpenSegments, 1, 32_768, "segments", "256 suits most logs");
        faults.Range(
            nameof(PollInterval),
            PollInterval,
            TimeSpan.FromMilliseconds(1),
            TimeSpan.FromSeconds(1),
            "25 ms suits most readers");
        faults.ThrowIfAny();
    }
}
