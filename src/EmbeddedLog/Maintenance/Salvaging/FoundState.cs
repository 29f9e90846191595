using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;

namespace EmbeddedLog.Maintenance.Salvaging;

/// <summary>
/// The state that a salvage judges a partition by: that in which an opening has found it damaged, since nobody has
/// written to it from then on; otherwise that in which the last owner left the log.
/// </summary>
/// <param name="Session">The state.</param>
/// <param name="IsMarked">Whether an opening has marked the partition as damaged.</param>
/// <param name="MayLackTail">
/// Whether the power may have been lost since it was marked, and with it records that were not flushed. Openings in
/// between may have been several, and only the last one's system is known: so this is true for all that were killed.
/// </param>
/// <param name="MayLackList">
/// Whether the last owner's page cache is known to be lost, and with it the list's end.
/// </param>
internal readonly record struct FoundState(
    SessionState Session, bool IsMarked, bool MayLackTail, bool MayLackList)
{
    /// <summary>The state of a partition.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="identity">The partition.</param>
    /// <param name="session">The state in which the last owner left the log.</param>
    public static FoundState Of(FileSystem files, PartitionIdentity identity, SessionState session)
    {
        if (DamageFile.TryRead(files, identity) is not { } mark)
        {
            return new FoundState(
                session, DamageFile.Exists(files, identity), MayLackTail: false, MayLackList: false);
        }

        SessionState found = session with { Clean = mark.WasClosed, CacheSurvived = mark.CacheSurvived };
        bool wasKilled = found is { Clean: false, CacheSurvived: true };
        return new FoundState(found, IsMarked: true, wasKilled, wasKilled && !session.CacheSurvived);
    }
}
