using System.Buffers;
using System.Text.Json;
using EmbeddedLog.Serialization.Json;

namespace EmbeddedLog.Tests.Serialization.Json;

public sealed class JsonWriterCacheTests
{
    [Fact]
    public void Rent_AfterReturn_IsTheSameWriter()
    {
        JsonWriterOptions options = Style(1);
        Utf8JsonWriter first = JsonWriterCache.Rent(in options, new ArrayBufferWriter<byte>());
        JsonWriterCache.Return(first);

        Utf8JsonWriter second = JsonWriterCache.Rent(in options, new ArrayBufferWriter<byte>());

        Assert.Same(first, second);
    }

    [Fact]
    public void Rent_WhileRented_IsAnother()
    {
        JsonWriterOptions options = Style(2);
        Utf8JsonWriter outer = JsonWriterCache.Rent(in options, new ArrayBufferWriter<byte>());

        Utf8JsonWriter inner = JsonWriterCache.Rent(in options, new ArrayBufferWriter<byte>());

        Assert.NotSame(outer, inner);
        JsonWriterCache.Return(inner);
        JsonWriterCache.Return(outer);
    }

    [Fact]
    public void Rent_OtherStyle_IsAnother()
    {
        JsonWriterOptions options = Style(3);
        Utf8JsonWriter first = JsonWriterCache.Rent(in options, new ArrayBufferWriter<byte>());
        JsonWriterCache.Return(first);

        JsonWriterOptions other = Style(4);
        Utf8JsonWriter second = JsonWriterCache.Rent(in other, new ArrayBufferWriter<byte>());

        Assert.NotSame(first, second);
        Assert.Equal(4, second.Options.IndentSize);
    }

    [Fact]
    public void Return_MoreStylesThanSlots_KeepsTheNewest()
    {
        for (int i = 10; i < 20; i++)
        {
            JsonWriterOptions options = Style(i);
            JsonWriterCache.Return(JsonWriterCache.Rent(in options, new ArrayBufferWriter<byte>()));
        }

        JsonWriterOptions newest = Style(19);
        Utf8JsonWriter first = JsonWriterCache.Rent(in newest, new ArrayBufferWriter<byte>());
        JsonWriterCache.Return(first);
        Assert.Same(first, JsonWriterCache.Rent(in newest, new ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void Return_WriterUsedLater_WritesNowhere()
    {
        JsonWriterOptions options = Style(5);
        var buffer = new ArrayBufferWriter<byte>();
        Utf8JsonWriter writer = JsonWriterCache.Rent(in options, buffer);
        JsonWriterCache.Return(writer);

        Assert.Throws<InvalidOperationException>(() => writer.WriteNumberValue(1));
        Assert.Equal(0, buffer.WrittenCount);
    }

    [Fact]
    public void OptionsFor_SerializerOptions_AreHonoured()
    {
        JsonWriterOptions options = JsonWriterCache.OptionsFor(
            new JsonSerializerOptions { WriteIndented = true, IndentSize = 3, NewLine = "\n" });

        Assert.True(options.Indented);
        Assert.Equal(3, options.IndentSize);
        Assert.Equal("\n", options.NewLine);
        Assert.Equal(64, options.MaxDepth);
        Assert.Equal(7, JsonWriterCache.OptionsFor(new JsonSerializerOptions { MaxDepth = 7 }).MaxDepth);
    }

    private static JsonWriterOptions Style(int indent) =>
        JsonWriterCache.OptionsFor(new JsonSerializerOptions { WriteIndented = true, IndentSize = indent });
}
