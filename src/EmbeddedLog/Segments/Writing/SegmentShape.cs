namespace EmbeddedLog.Segments.Writing;

/// <summary>The shape of a segment's file.</summary>
/// <param name="Bytes">Its size limit.</param>
/// <param name="Positional">Whether appends are positional writes instead of stores to a map.</param>
internal readonly record struct SegmentShape(int Bytes, bool Positional);
