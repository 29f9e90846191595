using System.Buffers;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>Text, and a partitioner, each of which asks where it has an asker.</summary>
internal sealed class AskingSerde(Asker? serializer, Asker? deserializer, Asker? partitioner)
    : ISerializer<string>, IDeserializer<string>, IPartitioner
{
    public void Serialize(string value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        serializer?.Look();
        Serdes.Utf8.Serialize(value, destination, in context);
    }

    public string Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        deserializer?.Look();
        return Serdes.Utf8.Deserialize(data, in context);
    }

    public int Partition(in PartitionerContext context)
    {
        partitioner?.Look();
        return 0;
    }
}
