namespace EmbeddedLog.Files;

/// <summary>An end of the log, as offset and as position.</summary>
/// <param name="Offset">The offset of the next record.</param>
/// <param name="Sequence">The segment that holds the end; zero before the first segment.</param>
/// <param name="Uid">That segment's uid; zero before the first segment.</param>
/// <param name="Position">The end's position in that segment's file.</param>
internal readonly record struct DurablePoint(long Offset, uint Sequence, ulong Uid, long Position);
