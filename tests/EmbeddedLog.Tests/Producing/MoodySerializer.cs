using System.Buffers;

namespace EmbeddedLog.Tests.Producing;

/// <summary>A serializer of text that fails when told to, after it has written some.</summary>
internal sealed class MoodySerializer : ISerializer<string>
{
    public Exception? Failure { get; set; }

    public int Advance { get; set; }

    public Action? Before { get; set; }

    public void Serialize(string value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        Before?.Invoke();
        Serdes.Utf8.Serialize(value, destination, in context);
        destination.Advance(Advance);
        if (Failure is not null)
        {
            throw Failure;
        }
    }
}
