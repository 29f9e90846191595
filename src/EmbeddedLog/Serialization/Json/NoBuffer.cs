using System.Buffers;

namespace EmbeddedLog.Serialization.Json;

/// <summary>The destination of an unused cached writer, so that it keeps no buffer alive.</summary>
internal sealed class NoBuffer : IBufferWriter<byte>
{
    /// <summary>The only instance: there is no state.</summary>
    public static readonly NoBuffer Instance = new();

    private NoBuffer()
    {
    }

    /// <inheritdoc/>
    public void Advance(int count) => throw Misused();

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => throw Misused();

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => throw Misused();

    private static InvalidOperationException Misused() => new("A JSON writer was used after its return.");
}
