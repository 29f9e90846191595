namespace AccessLog.Input;

/// <summary>Tells a log from what is none by its first bytes, before thousands of "lines" of it are rejected.</summary>
internal static class TextCheck
{
    /// <summary>Whether a gzip file begins so.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> head) => head is [0x1f, 0x8b, ..];

    /// <summary>What is wrong, to follow the source's name; null for text in any encoding of one byte.</summary>
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

        // Servers write control characters as \x16, so that hardly one is there.
        return controls * 20 > head.Length
            ? "is no text but binary: it is full of control characters. Name an access log, or a .gz of one."
            : null;
    }
}
