using AccessLog.Input;

namespace AccessLog;

/// <summary>
/// The end of the lines of a source that are all on the disk. A resumed run starts here, instead of at the first line
/// of the source and the first record of the log.
/// </summary>
/// <param name="Source">The source's name, for people who read the topic.</param>
/// <param name="Lines">The lines read.</param>
/// <param name="Bytes">The position in the source behind them, in bytes.</param>
/// <param name="Ends">The ends of the partitions of requests, then that of the rejected lines.</param>
/// <param name="Identity">The identity of the source's file in a later run.</param>
internal sealed record SourceCheckpoint(string Source, long Lines, long Bytes, long[] Ends, FileIdentity? Identity);
