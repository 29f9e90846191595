namespace EmbeddedLog.Storage;

/// <summary>What the opening of one partition kept and what it did not.</summary>
/// <param name="Clean">The partition had been closed cleanly, so that there was nothing to recover.</param>
/// <param name="ProvenEnd">The offset below which everything was proven durable.</param>
/// <param name="CopiedRecords">How many offsets above it were verified and copied.</param>
/// <param name="TornBytes">How many bytes behind the last good frame were left behind as torn.</param>
internal readonly record struct PartitionRecoveryReport(
    bool Clean, long ProvenEnd, long CopiedRecords, long TornBytes);
