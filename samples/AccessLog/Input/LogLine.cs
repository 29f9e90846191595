namespace AccessLog.Input;

/// <summary>One line of a source.</summary>
/// <param name="Number">Its number, from one.</param>
/// <param name="Text">Its bytes without the line end; valid until the next line is read.</param>
/// <param name="End">The position in the source behind its line end, in bytes.</param>
/// <param name="IsTooLong">True if these are only the first bytes, because the line is over the limit.</param>
/// <param name="IsTerminated">False for a last line without line end: a server may still be writing it.</param>
internal readonly record struct LogLine(
    long Number,
    ReadOnlyMemory<byte> Text,
    long End,
    bool IsTooLong,
    bool IsTerminated);
