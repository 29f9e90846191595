namespace EmbeddedLog;

/// <summary>What a record's timestamp says, as Kafka's <c>message.timestamp.type</c>.</summary>
public enum TimestampType
{
    /// <summary>
    /// When the record was made: what the producer says, else the time of the append. Kafka's default.
    /// </summary>
    CreateTime,

    /// <summary>When the record was appended, whatever the producer says.</summary>
    LogAppendTime,
}
