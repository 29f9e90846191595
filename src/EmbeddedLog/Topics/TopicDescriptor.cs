using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Topics;

/// <summary>The description of a topic in <c>topic.json</c>. Settings that Kafka has too have Kafka's names.</summary>
internal sealed class TopicDescriptor
{
    /// <summary>The version of the format that this library reads and writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The format version of the file.</summary>
    [JsonPropertyName("format.version")]
    public int FormatVersion { get; set; } = CurrentVersion;

    /// <summary>The topic's name; the directory's name holds only its beginning.</summary>
    [JsonPropertyName("name")]
    public string Name { get; set; } = string.Empty;

    /// <summary>Random, never zero, in hexadecimal: distinguishes a topic from a later one of the same name.</summary>
    [JsonPropertyName("uid")]
    public string Uid { get; set; } = string.Empty;

    /// <summary>The number of partitions.</summary>
    [JsonPropertyName("num.partitions")]
    public int Partitions { get; set; }

    /// <summary>Milliseconds, or -1 for any age.</summary>
    [JsonPropertyName("retention.ms")]
    public long RetentionMilliseconds { get; set; }

    /// <summary>Bytes a partition, or -1 for any size.</summary>
    [JsonPropertyName("retention.bytes")]
    public long RetentionBytes { get; set; }

    /// <summary>Bytes.</summary>
    [JsonPropertyName("segment.bytes")]
    public int SegmentBytes { get; set; }

    /// <summary>Milliseconds, or -1 for any age.</summary>
    [JsonPropertyName("segment.ms")]
    public long SegmentMilliseconds { get; set; }

    /// <summary>Bytes.</summary>
    [JsonPropertyName("max.message.bytes")]
    public int MaxRecordBytes { get; set; }

    /// <summary>Milliseconds, or -1 for never.</summary>
    [JsonPropertyName("flush.ms")]
    public long FlushMilliseconds { get; set; }

    /// <summary>How appends reach the page cache.</summary>
    [JsonPropertyName("write.mode")]
    public WriteMode WriteMode { get; set; }

    /// <summary>The meaning of timestamps.</summary>
    [JsonPropertyName("message.timestamp.type")]
    public TimestampType TimestampType { get; set; }

    /// <summary>Milliseconds, or -1 for any.</summary>
    [JsonPropertyName("message.timestamp.after.max.ms")]
    public long MaxTimestampAheadMilliseconds { get; set; }

    /// <summary>
    /// The checksum of the whole description without this property, in hexadecimal; null while it is computed.
    /// </summary>
    [JsonPropertyName("crc32c")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Checksum { get; set; }

    /// <summary>Describes a topic with valid options.</summary>
    public static TopicDescriptor From(string name, string uid, TopicOptions options) => new()
    {
        Name = name,
        Uid = uid,
        Partitions = options.Partitions,
        RetentionMilliseconds = ToMilliseconds(options.Retention.MaxAge),
        RetentionBytes = options.Retention.MaxBytesPerPartition ?? -1,
        SegmentBytes = options.SegmentBytes,
        SegmentMilliseconds = ToMilliseconds(options.SegmentAge),
        MaxRecordBytes = options.EffectiveMaxRecordBytes,
        FlushMilliseconds = ToMilliseconds(options.FlushInterval),
        WriteMode = options.WriteMode,
        TimestampType = options.TimestampType,
        MaxTimestampAheadMilliseconds = ToMilliseconds(options.MaxTimestampAhead),
    };

    /// <summary>Whether both give the same description.</summary>
    public static bool SaysTheSame(TopicOptions one, TopicOptions other) =>
        From(string.Empty, string.Empty, one).ToJson().AsSpan()
            .SequenceEqual(From(string.Empty, string.Empty, other).ToJson());

    /// <summary>The options in the file; not validated.</summary>
    public TopicOptions ToOptions() => new()
    {
        Partitions = Partitions,
        Retention = new RetentionPolicy
        {
            MaxAge = RetentionMilliseconds == -1 ? null : TimeSpan.FromMilliseconds(RetentionMilliseconds),
            MaxBytesPerPartition = RetentionBytes == -1 ? null : RetentionBytes,
        },
        SegmentBytes = SegmentBytes,
        SegmentAge = FromMilliseconds(SegmentMilliseconds),
        MaxRecordBytes = MaxRecordBytes,
        FlushInterval = FromMilliseconds(FlushMilliseconds),
        WriteMode = WriteMode,
        TimestampType = TimestampType,
        MaxTimestampAhead = FromMilliseconds(MaxTimestampAheadMilliseconds),
    };

    /// <summary>The file's contents, with its checksum.</summary>
    public byte[] ToJson()
    {
        Checksum = ComputeChecksum();
        return JsonSerializer.SerializeToUtf8Bytes(this, TopicJsonContext.Default.TopicDescriptor);
    }

    /// <summary>Reads the file's contents.</summary>
    /// <exception cref="JsonException">They are not the description of a topic, or it was changed.</exception>
    public static TopicDescriptor FromJson(ReadOnlySpan<byte> json)
    {
        TopicDescriptor descriptor = JsonSerializer.Deserialize(json, TopicJsonContext.Default.TopicDescriptor)
            ?? throw new JsonException("The file says null.");

        // A newer version may have properties that this version's checksum does not include.
        if (descriptor.FormatVersion <= CurrentVersion && descriptor.ComputeChecksum() is { } computed
            && descriptor.Checksum != computed)
        {
            throw new JsonException(
                $"Its crc32c is {descriptor.Checksum ?? "missing"} where its contents give {computed}: it was damaged "
                + "or changed by hand. Change a topic's options through the library.");
        }

        return descriptor;
    }

    private string ComputeChecksum()
    {
        string? checksum = Checksum;
        Checksum = null;
        byte[] rest = JsonSerializer.SerializeToUtf8Bytes(this, TopicJsonContext.Default.TopicDescriptor);
        Checksum = checksum;
        return Crc32C.Compute(rest).ToString("x8", CultureInfo.InvariantCulture);
    }

    private static long ToMilliseconds(TimeSpan? time) =>
        time is { } span && span != Timeout.InfiniteTimeSpan ? (long)span.TotalMilliseconds : -1;

    private static TimeSpan FromMilliseconds(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
