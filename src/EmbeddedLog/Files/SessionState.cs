using EmbeddedLog.Format;

namespace EmbeddedLog.Files;

/// <summary>The state in which the last owner left the log. It decides what an opening may trust.</summary>
/// <param name="Clean">It was closed: every checkpoint has the exact end of its partition.</param>
/// <param name="CacheSurvived">
/// It was not closed, but there was no reboot or remount since: all published records must still be there.
/// </param>
/// <param name="Generation">The last owner's session. Each owner raises this number before it writes anything.</param>
/// <param name="Closed">
/// The state of all partitions at the last clean close, which is the last close if <paramref name="Clean"/>; null if
/// there was none, or if the partitions are opened without a log around them.
/// </param>
internal readonly record struct SessionState(
    bool Clean, bool CacheSurvived, ulong Generation, ClosedList? Closed = null);
