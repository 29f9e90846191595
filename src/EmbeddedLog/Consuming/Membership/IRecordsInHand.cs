using EmbeddedLog.Coordination.Groups;

namespace EmbeddedLog.Consuming.Membership;

/// <summary>Records that are being handled while the assignment changes.</summary>
internal interface IRecordsInHand
{
    /// <summary>
    /// Waits, bounded, until nothing runs of partitions that are about to be given up, and forgets them.
    /// </summary>
    Task DrainAsync(IReadOnlyList<PartitionHold> revoked);

    /// <summary>Forgets partitions that were taken away.</summary>
    void Lose(IReadOnlyList<PartitionHold> lost);
}
