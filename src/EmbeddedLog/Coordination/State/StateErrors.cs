using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Coordination.State;

/// <summary>The exceptions of state logs, each with what to do.</summary>
internal static class StateErrors
{
    /// <summary>A record of a state's partition that no writer produces.</summary>
    /// <param name="log">The partition.</param>
    /// <param name="offset">The record's offset.</param>
    /// <param name="bytes">The invalid part.</param>
    /// <param name="part">Whether that is the key or the value.</param>
    public static EmbeddedLogException Unreadable<TKey, TValue, TSchema>(
        ReadablePartition log, long offset, ReadOnlySpan<byte> bytes, string part)
        where TKey : notnull
        where TSchema : struct, IStateSchema<TKey, TValue>
    {
        if (!bytes.IsEmpty && bytes[0] > TSchema.Version)
        {
            return new UnsupportedFormatException(
                $"The {TSchema.Contents} hold a {part} of version {bytes[0]}, written by a newer version of "
                + "EmbeddedLog. Open the log with that version or a later one.")
            {
                Topic = log.Id.Topic,
                Partition = log.Id.Partition,
                Offset = offset,
                Expected = $"version {TSchema.Version}",
                Actual = $"version {bytes[0]}",
            };
        }

        return new CorruptLogException(
            $"Record {offset} of the {TSchema.Contents} has an invalid {part}, although its checksum is "
            + $"good. Nothing was changed; restore {TSchema.Place} from a backup.")
        {
            Topic = log.Id.Topic,
            Partition = log.Id.Partition,
            Offset = offset,
            Expected = $"a {part}",
            Actual = $"{Units.Number(bytes.Length)} other bytes",
        };
    }

    /// <summary>A key or a value that is too long.</summary>
    public static ArgumentException TooLong(string part, int bytes, int max) =>
        new($"The {part} takes {Units.Size(bytes)}, more than {Units.Size(max)}. Nothing was changed.", part);
}
