using System.Buffers;

namespace EmbeddedLog.Tests.Serialization.Primitives;

public sealed class IntegerSerdeTests
{
    [Fact]
    public void Serialize_AnInteger_AllocatesNothing()
    {
        // A default member of an interface boxes the struct it is called on, in optimized code too.
        ArrayBufferWriter<byte> buffer = new(64);
        Write(buffer);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Write(buffer);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 7, 0xFF, 0xFF, 0xFF, 0xFE, 0, 9], buffer.WrittenSpan[14..].ToArray());
    }

    private static void Write(ArrayBufferWriter<byte> buffer)
    {
        SerializationContext context = new("topic", IsKey: true);
        Serdes.Int64.Serialize(7, buffer, context);
        Serdes.Int32.Serialize(-2, buffer, context);
        Serdes.UInt16.Serialize(9, buffer, context);
    }
}
