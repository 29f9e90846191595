using System.Globalization;

namespace EmbeddedLog.Files.Storing;

/// <summary>The names of a segment's files.</summary>
internal static class SegmentFileName
{
    private const string SegmentExtension = ".segment";
    private const string IndexExtension = ".index";

    /// <summary>The path of the segment with the given sequence number.</summary>
    public static string Of(string directory, uint sequence) => Combine(directory, sequence, SegmentExtension);

    /// <summary>The path of that segment's sparse index.</summary>
    public static string IndexOf(string directory, uint sequence) => Combine(directory, sequence, IndexExtension);

    /// <summary>
    /// Whether a name is that of a segment or an index, and of which. Only the exact form of the log counts, because
    /// unlisted files are deleted.
    /// </summary>
    public static bool TryParse(string name, out uint sequence)
    {
        sequence = 0;
        string extension = Path.GetExtension(name);
        return extension is SegmentExtension or IndexExtension
            && uint.TryParse(
                Path.GetFileNameWithoutExtension(name), NumberStyles.None, CultureInfo.InvariantCulture, out sequence)
            && name == NameOf(sequence, extension);
    }

    /// <summary>Whether a name is that of a segment, and of which.</summary>
    public static bool IsSegment(string name, out uint sequence) =>
        TryParse(name, out sequence) && name.EndsWith(SegmentExtension, StringComparison.Ordinal);

    private static string Combine(string directory, uint sequence, string extension) =>
        Path.Combine(directory, NameOf(sequence, extension));

    private static string NameOf(uint sequence, string extension) =>
        sequence.ToString("D8", CultureInfo.InvariantCulture) + extension;
}
