using EmbeddedLog.Format;


namespace EmbeddedLog.Files;

/// <summary>How the log was left by its last owner, which decides what an opening may trust.</summary>
/// <param name="Clean">It was closed: every checkpoint tells the exact end of its partition.</param>
/// <param name="CacheSurvived">
/// It was not closed, but neither a reboot nor a remount came in between: whatever was published must still be there.
/// </param>
/// <param name="Generation">
/// The last owner's session, a number that each owner raises before it writes anything.
/// </param>
/// <param name="Closed">
/// How all partitions stood at the last clean close, which is this one where <paramref name="Clean"/> says so; null
/// where there was none, or the partitions are opened without a log around them.
/// </param>
internal readonly record struct SessionState(
    bool Clean, bool CacheSurvived, ulong Generation, ClosedList? Closed = null);
