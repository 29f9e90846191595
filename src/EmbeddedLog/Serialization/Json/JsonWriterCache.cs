using System.Buffers;
using System.Text.Json;

namespace EmbeddedLog.Serialization.Json;

/// <summary>
/// Keeps a few JSON writers per thread, so that a record needs no new one. A writer leaves the cache while it is used:
/// a converter that serializes another value meanwhile gets another writer.
/// </summary>
internal static class JsonWriterCache
{
    /// <summary>Enough for keys and values with a few different options.</summary>
    private const int SlotsPerThread = 4;

    /// <summary>The serializer's depth if the options do not set it.</summary>
    private const int DefaultMaxDepth = 64;

    /// <summary>Used by its own thread only.</summary>
    [ThreadStatic]
    private static Utf8JsonWriter?[]? s_free;

    /// <summary>The writer's options for a serializer's options.</summary>
    public static JsonWriterOptions OptionsFor(JsonSerializerOptions options) => new()
    {
        Encoder = options.Encoder,
        Indented = options.WriteIndented,
        IndentCharacter = options.IndentCharacter,
        IndentSize = options.IndentSize,
        NewLine = options.NewLine,
        MaxDepth = options.MaxDepth == 0 ? DefaultMaxDepth : options.MaxDepth,
    };

    /// <summary>A writer that writes to a destination.</summary>
    public static Utf8JsonWriter Rent(in JsonWriterOptions options, IBufferWriter<byte> destination)
    {
        foreach (ref Utf8JsonWriter? slot in s_free.AsSpan())
        {
            if (slot is { } writer && Same(writer.Options, in options))
            {
                slot = null;
                writer.Reset(destination);
                return writer;
            }
        }

        return new Utf8JsonWriter(destination, options);
    }

    /// <summary>Takes a writer back, in any state, and drops its destination.</summary>
    public static void Return(Utf8JsonWriter writer)
    {
        writer.Reset(NoBuffer.Instance);
        Span<Utf8JsonWriter?> slots = s_free ??= new Utf8JsonWriter?[SlotsPerThread];
        int free = slots.IndexOf((Utf8JsonWriter?)null);
        if (free < 0)
        {
            // The newest options are the most likely to be used next; the oldest are dropped.
            slots[1..].CopyTo(slots);
            free = slots.Length - 1;
        }

        slots[free] = writer;
    }

    private static bool Same(JsonWriterOptions left, in JsonWriterOptions right) =>
        ReferenceEquals(left.Encoder, right.Encoder)
        && left.Indented == right.Indented
        && left.IndentCharacter == right.IndentCharacter
        && left.IndentSize == right.IndentSize
        && left.NewLine == right.NewLine
        && left.MaxDepth == right.MaxDepth;
}
