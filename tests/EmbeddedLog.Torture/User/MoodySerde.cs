using System.Buffers;

namespace EmbeddedLog.Torture.User;

/// <summary>Bytes without a change, by code in a mood: it may throw when half of them are written.</summary>
internal sealed class MoodySerde(Mood mood) : ISerde<byte[]>
{
    private const int OneIn = 40;

    public void Serialize(byte[] value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        int half = value.Length / 2;
        destination.Write(value.AsSpan(0, half));
        mood.Play(OneIn);
        destination.Write(value.AsSpan(half));
    }

    public byte[] Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        mood.Play(OneIn);
        return data.ToArray();
    }
}
