using System.Text.Json;
using System.Text.Json.Serialization;

namespace EmbeddedLog.Hosting;

/// <summary>
/// The options of a log of a host, by its name. Set by code, then by the configuration section of that name, which
/// wins.
/// All faults are told together, with their configuration paths, before the host starts.
/// </summary>
public sealed class EmbeddedLogOptions
{
    private readonly List<JsonSerializerContext> _jsonContexts = [];

    private JsonSerializerOptions? _jsonOptions;

    /// <summary>
    /// The directory of the log, which is made if it is missing. If it is relative, it lies below the host's content
    /// root. Required. Default: null.
    /// </summary>
    public string? Directory { get; set; }

    /// <summary>
    /// How long the start waits for another process to release the directory, as in a rolling restart: 0 to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. The host's <c>StartupTimeout</c> ends it too. Default: 30 seconds.
    /// </summary>
    public TimeSpan OwnerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Which users may read the files, see <see cref="CommitLogOptions.Access"/>. Default: <see
    /// cref="LogAccess.Owner"/>.
    /// </summary>
    public LogAccess Access { get; set; } = LogAccess.Owner;

    /// <summary>
    /// How many segments that are only read stay open, see <see cref="CommitLogOptions.MaxOpenSegments"/>. Default:
    /// 256.
    /// </summary>
    public int MaxOpenSegments { get; set; } = 256;

    /// <summary>
    /// How often retention is applied, see <see cref="CommitLogOptions.RetentionCheckInterval"/>. Default: 5 minutes.
    /// </summary>
    public TimeSpan RetentionCheckInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long the offsets of a group without consumers are kept, see
    /// <see cref="CommitLogOptions.OffsetsRetention"/>. Default: 7 days.
    /// </summary>
    public TimeSpan OffsetsRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// How many bytes a scrub reads in a second, see <see cref="CommitLogOptions.ScrubBytesPerSecond"/>. Default: null,
    /// for no scrub.
    /// </summary>
    public long? ScrubBytesPerSecond { get; set; }

    /// <summary>
    /// How often a scrub begins, see <see cref="CommitLogOptions.ScrubInterval"/>. Default: 1 day.
    /// </summary>
    public TimeSpan ScrubInterval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// The topics, by name in any case. Before the host starts, each is made if it is missing, and changed as
    /// <see cref="CommitLog.EnsureTopicAsync"/> can. A topic that is not listed stays as it is. Default: empty.
    /// </summary>
    public IDictionary<string, TopicOptions> Topics { get; } =
        new Dictionary<string, TopicOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The handlers that the code has added, by name in any case. Default: as the code has added them.
    /// </summary>
    public IDictionary<string, HandlerOptions> Handlers { get; } =
        new Dictionary<string, HandlerOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>What the health checks look at. Default: see <see cref="LogHealthOptions"/>.</summary>
    public LogHealthOptions Health { get; } = new();

    /// <summary>
    /// Adds JSON metadata of keys and values, see <see cref="CommitLogOptions.JsonContexts"/>. Needed in trimmed and
    /// ahead-of-time compiled programs.
    /// </summary>
    /// <param name="contexts">The contexts; the first one with a type counts.</param>
    /// <returns>The same options.</returns>
    public EmbeddedLogOptions UseJson(params JsonSerializerContext[] contexts)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        _jsonContexts.AddRange(contexts);
        return this;
    }

    /// <summary>Sets how JSON is written and read, see <see cref="CommitLogOptions.JsonSerializerOptions"/>.</summary>
    /// <param name="options">How.</param>
    /// <returns>The same options.</returns>
    public EmbeddedLogOptions UseJson(JsonSerializerOptions options)
    {
        _jsonOptions = options;
        return this;
    }

    /// <summary>The options of the opening.</summary>
    internal CommitLogOptions ToCommitLogOptions() => new()
    {
        OwnerTimeout = OwnerTimeout,
        Access = Access,
        MaxOpenSegments = MaxOpenSegments,
        RetentionCheckInterval = RetentionCheckInterval,
        OffsetsRetention = OffsetsRetention,
        ScrubBytesPerSecond = ScrubBytesPerSecond,
        ScrubInterval = ScrubInterval,
        JsonContexts = [.. _jsonContexts],
        JsonSerializerOptions = _jsonOptions,
    };
}
