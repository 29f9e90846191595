using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace EmbeddedLog.Validation;

/// <summary>
/// Text goes to disk as UTF-8 and must come back unchanged, so half a surrogate pair is refused, not replaced.
/// </summary>
internal static class TextRules
{
    /// <summary>Throws for null, and for text that has no UTF-8 form.</summary>
    public static void ThrowIfNotWellFormed(
        string text, [CallerArgumentExpression(nameof(text))] string? parameter = null)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);

        // Nearly all names are ASCII, and this checks many characters at a time.
        if (!Ascii.IsValid(text) && IndexOfLoneSurrogate(text) is >= 0 and int index)
        {
            throw LoneSurrogate(text, index, parameter);
        }
    }

    /// <summary>The text as UTF-8, in an array of its own.</summary>
    public static byte[] ToUtf8(string value)
    {
        ThrowIfNotWellFormed(value);
        return Encoding.UTF8.GetBytes(value);
    }

    /// <summary>The text, or an exception if it is not UTF-8.</summary>
    /// <exception cref="InvalidDataException">The data are not UTF-8.</exception>
    public static string FromUtf8(ReadOnlySpan<byte> data)
    {
        if (!Utf8.IsValid(data))
        {
            throw NotUtf8(data);
        }

        return Encoding.UTF8.GetString(data);
    }

    /// <summary>The index of the first half of a pair without its other half, or -1.</summary>
    public static int IndexOfLoneSurrogate(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return i;
            }

            i++;
        }

        return -1;
    }

    /// <summary>The message of an exception with a full stop, so that another sentence can follow.</summary>
    public static string AsSentence(string message) => message.AsSpan().TrimEnd() switch
    {
        [] => "no reason given.",
        [.., '.' or '!' or '?'] trimmed => trimmed.ToString(),
        var trimmed => $"{trimmed}.",
    };

    /// <summary>As <see cref="AsSentence(string)"/>, of an exception of the user's, whose message may throw.</summary>
    public static string AsSentence(Exception cause) => AsSentence(MessageOf(cause));

    /// <summary>The message of an exception of the user's, which may throw or be null.</summary>
    public static string MessageOf(Exception cause)
    {
        try
        {
            return cause.Message ?? string.Empty;
        }
#pragma warning disable CA1031 // Whatever it throws, the exception itself is told with what it is the cause of.
        catch (Exception)
#pragma warning restore CA1031
        {
            return $"{TypeText.Of(cause.GetType())}, whose message cannot be read.";
        }
    }

    private static ArgumentException LoneSurrogate(string text, int index, string? parameter) =>
        new(
            $"The text holds half a surrogate pair, U+{(int)text[index]:X4}, at index {index}, "
            + "which has no UTF-8 form: remove it, or pass the data as bytes.",
            parameter);

    private static InvalidDataException NotUtf8(ReadOnlySpan<byte> data)
    {
        int index = 0;
        while (Rune.DecodeFromUtf8(data[index..], out _, out int consumed) == OperationStatus.Done)
        {
            index += consumed;
        }

        return new InvalidDataException(
            $"The data are not UTF-8: byte 0x{data[index]:X2} at {index} of {data.Length} begins no character. "
            + "If they are not text, read them as bytes.");
    }
}
