using System.Buffers.Text;
using System.Globalization;
using EmbeddedLog;

namespace AccessLog;

/// <summary>The headers with the source and the line of a record.</summary>
internal static class LineHeaders
{
    private const string Source = "source";
    private const string Line = "line";

    /// <summary>The headers of a record.</summary>
    public static Headers Of(string sourceId, long line) =>
        new() { { Source, sourceId }, { Line, line.ToString(CultureInfo.InvariantCulture) } };

    /// <summary>The line number of a record of the given source; null for a record of another.</summary>
    /// <param name="headers">The headers, read in place: nothing is copied.</param>
    /// <param name="sourceId">The source's identity in UTF-8.</param>
    public static long? LineOf(HeadersView headers, ReadOnlySpan<byte> sourceId)
    {
        bool isOfSource = false;
        long? line = null;
        foreach (HeaderView header in headers)
        {
            if (header.Key.SequenceEqual("source"u8))
            {
                isOfSource = header.Value.SequenceEqual(sourceId);
            }
            else if (header.Key.SequenceEqual("line"u8) && Utf8Parser.TryParse(header.Value, out long number, out _))
            {
                line = number;
            }
        }

        return isOfSource ? line : null;
    }
}
