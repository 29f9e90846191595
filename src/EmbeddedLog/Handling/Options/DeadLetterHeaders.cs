using System.Globalization;
using System.Text;
using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// The headers that a dead letter has behind those of the record that failed: names and forms of KIP-1191. All values
/// are text.
/// </summary>
public static class DeadLetterHeaders
{
    /// <summary>The topic that the record came from. It is the first one of these headers.</summary>
    public const string Topic = "__dlq.errors.topic";

    /// <summary>The number of the partition that the record came from.</summary>
    public const string Partition = "__dlq.errors.partition";

    /// <summary>The record's offset there.</summary>
    public const string Offset = "__dlq.errors.offset";

    /// <summary>The group whose handler failed; missing for a consumer without a group.</summary>
    public const string Group = "__dlq.errors.group";

    /// <summary>How often its handler was called; 0 for a record that could not be read.</summary>
    public const string DeliveryCount = "__dlq.errors.delivery.count";

    /// <summary>The message of the last exception, cut off at 2,700 characters.</summary>
    public const string Message = "__dlq.errors.message";

    /// <summary>
    /// The type of the last exception, with its namespace, cut off at 500 characters. Not in KIP-1191.
    /// </summary>
    public const string Exception = "__dlq.errors.exception";

    /// <summary>
    /// The time of the record that failed, in Unix milliseconds: the time of a dead letter is that of its own append,
    /// so that retention counts from there. Not in KIP-1191.
    /// </summary>
    public const string Timestamp = "__dlq.errors.timestamp";

    /// <summary>
    /// How many bytes a dead letter may be larger than the record that failed: more than all of these headers can have,
    /// with the names and lengths.
    /// </summary>
    internal const int MaxBytes = 16 << 10;

    private const int MaxMessageChars = 2_700;
    private const int MaxTypeChars = 500;

    /// <summary>The headers of a dead letter: those of the record, and these.</summary>
    internal static Headers Of(FailedRecord record, string? group)
    {
        Headers headers = new(record.Headers)
        {
            { Topic, record.At.Topic },
            { Partition, Text(record.At.Partition) },
            { Offset, Text(record.At.Offset) },
        };
        if (group is not null)
        {
            headers.Add(Group, group);
        }

        headers.Add(DeliveryCount, Text(record.Attempts));
        headers.Add(Message, Utf8(TextRules.MessageOf(record.Error), MaxMessageChars));
        headers.Add(Exception, Utf8(record.Error.GetType().FullName ?? record.Error.GetType().Name, MaxTypeChars));
        headers.Add(Timestamp, Text(record.Timestamp.ToUnixTimeMilliseconds()));
        return headers;
    }

    /// <summary>
    /// Where the record of a dead letter came from, and its own headers; false where it is no dead letter. Of a dead
    /// letter of a dead letter, those of the first failure are its own.
    /// </summary>
    internal static bool TrySplit(Headers headers, out TopicPartition source, out Headers own)
    {
        source = default;
        own = Headers.Empty;
        int first = headers.Count - 1;
        while (first >= 0 && headers[first].Key != Topic)
        {
            first--;
        }

        if (first < 0
            || !headers.TryGetLast(Partition, out Header partition)
            || !int.TryParse(
                Encoding.UTF8.GetString(partition.Value.Span),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out int number))
        {
            return false;
        }

        source = new TopicPartition(Encoding.UTF8.GetString(headers[first].Value.Span), number);
        own = new Headers(headers.Take(first));
        return true;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Text of anybody's: what has no UTF-8 form is replaced.</summary>
    private static ReadOnlyMemory<byte> Utf8(string text, int maxChars) =>
        Encoding.UTF8.GetBytes(text.Length > maxChars ? text[..maxChars] : text);
}
