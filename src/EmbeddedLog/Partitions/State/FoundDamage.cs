using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Partitions.State;

/// <summary>Why a partition could not be opened while the others of its log were.</summary>
/// <param name="Failure">The exception for all uses; each caller gets a copy.</param>
/// <param name="Mark">What to write beside the partition; null if an earlier opening has written it.</param>
internal sealed record FoundDamage(CorruptLogException Failure, DamageMark? Mark)
{
    /// <summary>Makes it durable that the partition is damaged, if that is not so already.</summary>
    public void Keep(FileSystem files, PartitionIdentity identity)
    {
        if (Mark is not null)
        {
            DamageFile.Write(files, identity, Mark);
        }
    }
}
