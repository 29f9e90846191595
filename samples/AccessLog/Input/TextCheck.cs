namespace AccessLog.Input;

/// <summary>
/// Recognizes input that is not a log by its first bytes, before thousands of "lines" of it are rejected.
/// </summary>
internal static class TextCheck
{
    /// <summary>Whether it is the beginning of a gzip file.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> head) => head is [0x1f, 0x8b, ..];

    /// <summary>
    /// The fault, to follow the source's name in a message; null for text in any encoding of one byte.
    /// </summary>
    public static string? Fault(ReadOnlySpan<byte> head)
    {
        if (IsCompressed(head))
        {
            return "is compressed with gzip: name the file itself, or pass what zcat makes of it.";
        }

        int controls = 0;
        foreach (byte value in head)
        {
            if (value == 0)
            {
                return "is no text but binary: it holds zero bytes. Name an access log, or a .gz of one.";
            }

            controls += value < ' ' && value is not ((byte)'\t' or (byte)'\r' or (byte)'\n') ? 1 : 0;
        }

        // Servers write control characters as \x16, so text has hardly any.
        return controls * 20 > head.Length
            ? "is no text but binary: it is full of control characters. Name an access log, or a .gz of one."
            : null;
    }
}
