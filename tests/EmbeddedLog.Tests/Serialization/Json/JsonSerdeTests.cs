using System.Buffers;
using System.Text;
using System.Text.Json;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Serialization.Json;

public sealed class JsonSerdeTests
{
    private static readonly SerializationContext s_context = new("t", IsKey: false);

    [Fact]
    public void Serialize_SecondValueOnOneThread_IsWholeAndSeparate()
    {
        ISerde<PageView> serde = Serdes.Json(ShapesContext.Default.PageView);

        Assert.Equal("""{"Path":"/a","Status":null}""", Encoding.UTF8.GetString(serde.ToBytes(new PageView("/a"))));
        Assert.Equal("""{"Path":"/b","Status":null}""", Encoding.UTF8.GetString(serde.ToBytes(new PageView("/b"))));
    }

    [Fact]
    public void Serialize_ContextsInTurn_KeepTheirStyles()
    {
        ISerde<PageView> plain = Serdes.Json(ShapesContext.Default.PageView);
        ISerde<PageView> indented = Serdes.Json(IndentedContext.Default.PageView);

        for (int i = 0; i < 3; i++)
        {
            Assert.DoesNotContain((byte)'\n', plain.ToBytes(new PageView("/a")));
            Assert.Contains((byte)'\n', indented.ToBytes(new PageView("/a")));
        }
    }

    [Fact]
    public void Serialize_GetterThrows_NextValueIsUntouched()
    {
        ISerde<Faulty> faulty = Serdes.Json(ShapesContext.Default.Faulty);
        ISerde<PageView> serde = Serdes.Json(ShapesContext.Default.PageView);

        Assert.Throws<InvalidOperationException>(() => faulty.ToBytes(new Faulty()));

        Assert.Equal("""{"Path":"/a","Status":null}""", Encoding.UTF8.GetString(serde.ToBytes(new PageView("/a"))));
    }

    [Fact]
    public void Serialize_LargeValue_IsWhole()
    {
        ISerde<List<int>> serde = Serdes.Json(ShapesContext.Default.ListInt32);
        var value = Enumerable.Range(0, 50_000).ToList();

        Assert.Equal(value, serde.RoundTrip(value));
    }

    [Fact]
    public void Serialize_SteadyState_AllocatesNothing()
    {
        ISerde<Point> serde = Serdes.Json(ShapesContext.Default.Point);
        var buffer = new ArrayBufferWriter<byte>(1 << 20);
        SerializeMany(serde, buffer);

        long before = GC.GetAllocatedBytesForCurrentThread();
        SerializeMany(serde, buffer);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"X":1,"Y":"no"}""")]
    [InlineData("""{"X":1,"Y":2} 3""")]
    public void Deserialize_NotTheType_Throws(string json) =>
        Assert.Throws<JsonException>(
            () => Serdes.Json(ShapesContext.Default.Point).FromBytes(Encoding.UTF8.GetBytes(json)));

    private static void SerializeMany(ISerde<Point> serde, ArrayBufferWriter<byte> buffer)
    {
        for (int i = 0; i < 1_000; i++)
        {
            buffer.ResetWrittenCount();
            serde.Serialize(new Point(i, -i), buffer, in s_context);
        }
    }
}
