namespace EmbeddedLog.Segments.Writing;

/// <summary>What a segment's file is made like.</summary>
/// <param name="Bytes">Its size limit.</param>
/// <param name="Positional">Whether appends are positional writes instead of stores to a map.</param>
internal readonly record struct SegmentShape(int Bytes, bool Positional);
