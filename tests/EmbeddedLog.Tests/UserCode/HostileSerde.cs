using System.Buffers;
using System.Buffers.Binary;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>Numbers as eight bytes, and a partitioner by number, that throw in the middle of it.</summary>
internal sealed class HostileSerde(Moods moods) : ISerializer<long>, IDeserializer<long>, IPartitioner
{
    public void Serialize(long value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination.GetSpan(sizeof(long)), value);
        destination.Advance(sizeof(long) / 2);
        moods.Act();
        destination.Advance(sizeof(long) / 2);
    }

    public long Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        moods.Act();
        return BinaryPrimitives.ReadInt64LittleEndian(data);
    }

    public int Partition(in PartitionerContext context)
    {
        moods.Act();
        return context.Key[0] % context.PartitionCount;
    }
}
