using EmbeddedLog.Coordination.State;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>What groups have committed in a log that another process owns.</summary>
/// <param name="log">The followed partition that holds the commits.</param>
internal sealed class FollowedOffsets(ReadablePartition log)
{
    /// <summary>How often it is read that the owner compacts meanwhile.</summary>
    private const int MaxAttempts = 10;

    /// <summary>All that is committed, as of now. Reads all of it.</summary>
    /// <exception cref="CorruptLogException">A record is invalid.</exception>
    public IReadOnlyList<KeyValuePair<GroupPartition, OffsetValue>> List()
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return
                [
                    .. StateLoading.Load<GroupPartition, OffsetValue, OffsetSchema>(log)
                        .Where(each => each.Key.IsOffset)
                        .Select(each => KeyValuePair.Create(each.Key, each.Value.Value)),
                ];
            }
            catch (Exception failure) when (
                failure is OffsetUnavailableException or LogTruncatedException && attempt < MaxAttempts)
            {
                // The owner has removed the history, of which there are copies further on.
            }
        }
    }
}
