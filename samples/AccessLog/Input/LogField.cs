using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace AccessLog.Input;

/// <summary>Takes the fields behind the time off the front of the rest of a log line, one after the other.</summary>
internal static class LogField
{
    private static readonly SearchValues<byte> s_quoteOrBackslash = SearchValues.Create("\"\\"u8);

    /// <summary>Takes the status with the space before it.</summary>
    public static bool TryTakeStatus(ref ReadOnlySpan<byte> rest, out int status)
    {
        status = 0;
        if (rest.Length < 5 || rest[0] != ' ' || rest[4] != ' '
            || !LogTime.TryParseDigits(rest.Slice(1, 3), out status))
        {
            return false;
        }

        rest = rest[4..];
        return true;
    }

    /// <summary>Takes the size with the space before it; <c>-</c> is zero.</summary>
    public static bool TryTakeBytes(ref ReadOnlySpan<byte> rest, out long bytes)
    {
        bytes = 0;
        if (rest.IsEmpty || rest[0] != ' ')
        {
            return false;
        }

        rest = rest[1..];
        int end = rest.IndexOf((byte)' ');
        ReadOnlySpan<byte> field = end < 0 ? rest : rest[..end];
        rest = rest[field.Length..];
        if (field is [(byte)'-'])
        {
            return true;
        }

        return Utf8Parser.TryParse(field, out bytes, out int used) && used == field.Length && bytes >= 0;
    }

    /// <summary>Takes a field in quotes with the space before it; false if there is none, or no end.</summary>
    public static bool TryTakeQuoted(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (rest.Length < 3 || rest[0] != ' ' || rest[1] != '"')
        {
            return false;
        }

        int at = 2;
        while (true)
        {
            int found = rest[at..].IndexOfAny(s_quoteOrBackslash);
            if (found < 0)
            {
                return false;
            }

            at += found;
            if (rest[at] == '"')
            {
                field = rest[2..at];
                rest = rest[(at + 1)..];
                return true;
            }

            // A backslash also takes the next byte, even a quote.
            at += 2;
            if (at >= rest.Length)
            {
                return false;
            }
        }
    }

    /// <summary>Takes the next field if it is in quotes; true with null if the line has none.</summary>
    public static bool TryTakeOptionalQuoted(ref ReadOnlySpan<byte> rest, out string? field)
    {
        field = null;
        if (rest.Length < 2 || rest[1] != '"')
        {
            return true;
        }

        if (!TryTakeQuoted(ref rest, out ReadOnlySpan<byte> quoted))
        {
            return false;
        }

        field = quoted is [] or [(byte)'-'] ? null : Unescape(quoted);
        return true;
    }

    /// <summary>
    /// Takes the backslash from <c>\"</c> and <c>\\</c>. Other escapes, such as <c>\x16</c>, stay as the server wrote
    /// them, because such bytes must not reach a terminal.
    /// </summary>
    public static string Unescape(ReadOnlySpan<byte> field)
    {
        string text = Encoding.UTF8.GetString(field);
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            bool escapes = text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '"' or '\\';
            i += escapes ? 1 : 0;
            plain.Append(text[i]);
        }

        return plain.ToString();
    }
}
