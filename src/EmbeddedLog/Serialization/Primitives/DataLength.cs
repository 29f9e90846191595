using EmbeddedLog.Validation;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>The check of all types with a fixed size.</summary>
internal static class DataLength
{
    /// <summary>Throws unless the data are exactly as long as the type.</summary>
    /// <exception cref="InvalidDataException">They are not; the message has both lengths.</exception>
    public static void ThrowIfNot<T>(int expected, ReadOnlySpan<byte> data)
    {
        if (data.Length != expected)
        {
            throw new InvalidDataException(
                $"{TypeText.Of(typeof(T))} takes {Units.Size(expected)}, but the data have "
                + $"{Units.Number(data.Length)}. Read the topic with the type with which it was written.");
        }
    }
}
