using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Serialization;

/// <summary>
/// Pins the bytes of the built-in forms: data written today must be readable for ever, and by Kafka's clients.
/// </summary>
public sealed class SerdesTests
{
    [Fact]
    public void Numbers_KnownValues_GiveKafkasBytes()
    {
        Golden(Serdes.Boolean, true, "01");
        Golden(Serdes.Boolean, false, "00");
        Golden(Serdes.Byte, (byte)0xfe, "FE");
        Golden(Serdes.SByte, (sbyte)-2, "FE");
        Golden(Serdes.Int16, (short)-2, "FFFE");
        Golden(Serdes.UInt16, (ushort)0x0102, "0102");
        Golden(Serdes.Int32, -2, "FFFFFFFE");
        Golden(Serdes.Int32, 0x01020304, "01020304");
        Golden(Serdes.UInt32, 0xfffefdfcU, "FFFEFDFC");
        Golden(Serdes.Int64, long.MinValue, "8000000000000000");
        Golden(Serdes.UInt64, ulong.MaxValue - 1, "FFFFFFFFFFFFFFFE");
        Golden(Serdes.Single, 1.5f, "3FC00000");
        Golden(Serdes.Double, -2.0, "C000000000000000");
    }

    [Fact]
    public void Guid_KnownValue_ReadsAsItsText() =>
        Golden(Serdes.Guid, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), "00112233445566778899AABBCCDDEEFF");

    [Fact]
    public void Utf8_KnownTexts_GiveUtf8()
    {
        Golden(Serdes.Utf8, "", "");
        Golden(Serdes.Utf8, "abc", "616263");
        Golden(Serdes.Utf8, "\u00e4\u20ac\ud83d\ude00", "C3A4E282ACF09F9880");
        Golden(Serdes.Utf8, "\0", "00");
        Golden(Serdes.Utf8, "\ufeffa", "EFBBBF61");
    }

    [Theory]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(100_000)]
    public void Utf8_LongText_RoundTrips(int length)
    {
        string text = new('\u20ac', length);

        Assert.Equal(length * 3, Serdes.Utf8.ToBytes(text).Length);
        Assert.Equal(text, Serdes.Utf8.RoundTrip(text));
    }

    [Fact]
    public void Bytes_ReadData_AreACopy()
    {
        byte[] data = [1, 2, 3];

        byte[] array = Serdes.Bytes.FromBytes(data);
        ReadOnlyMemory<byte> readOnly = Serdes.ReadOnlyMemory.FromBytes(data);
        Memory<byte> memory = Serdes.Memory.FromBytes(data);
        data[0] = 9;

        Assert.Equal([1, 2, 3], array);
        Assert.Equal([1, 2, 3], readOnly.ToArray());
        Assert.Equal([1, 2, 3], memory.ToArray());
        Assert.Equal([1, 2, 3], Serdes.Bytes.ToBytes(array));
        Assert.Equal([2, 3], Serdes.ReadOnlyMemory.ToBytes(readOnly[1..]));
        Assert.Equal([2, 3], Serdes.Memory.ToBytes(memory[1..]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void Int32_WrongLength_NamesBothLengths(int length)
    {
        var exception = Assert.Throws<InvalidDataException>(() => Serdes.Int32.FromBytes(new byte[length]));

        Assert.Contains(
            $"int takes 4 bytes, but the data have {length}.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FixedSizes_WrongLength_Throw()
    {
        AssertRefusesOtherLengths(Serdes.Boolean, 1);
        AssertRefusesOtherLengths(Serdes.Byte, 1);
        AssertRefusesOtherLengths(Serdes.SByte, 1);
        AssertRefusesOtherLengths(Serdes.Int16, 2);
        AssertRefusesOtherLengths(Serdes.UInt16, 2);
        AssertRefusesOtherLengths(Serdes.UInt32, 4);
        AssertRefusesOtherLengths(Serdes.Int64, 8);
        AssertRefusesOtherLengths(Serdes.UInt64, 8);
        AssertRefusesOtherLengths(Serdes.Single, 4);
        AssertRefusesOtherLengths(Serdes.Double, 8);
        AssertRefusesOtherLengths(Serdes.Guid, 16);
    }

    [Fact]
    public void Boolean_OtherByte_Throws()
    {
        var exception = Assert.Throws<InvalidDataException>(() => Serdes.Boolean.FromBytes(2));

        Assert.Contains("0x02", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FF", "byte 0xFF at 0 of 1")]
    [InlineData("6162C3", "byte 0xC3 at 2 of 3")]
    [InlineData("61C0AF", "byte 0xC0 at 1 of 3")]
    [InlineData("C3A4EDA080", "byte 0xED at 2 of 5")]
    public void Utf8_NotUtf8_NamesTheByteAndItsPlace(string hex, string place)
    {
        var exception = Assert.Throws<InvalidDataException>(() => Serdes.Utf8.FromBytes(Convert.FromHexString(hex)));

        Assert.Contains(place, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(0, 300)]
    public void Utf8_HalfSurrogatePair_NamesItAndItsPlace(int before, int after)
    {
        string text = new string('x', before) + "\ud83d" + new string('x', after);

        var exception = Assert.Throws<ArgumentException>(() => Serdes.Utf8.ToBytes(text));

        Assert.Contains($"U+D83D, at index {before}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nullable_Value_HasTheStructsForm()
    {
        ISerde<int?> serde = Serdes.Nullable(Serdes.Int32);

        Golden(serde, 1, "00000001");
        Assert.Throws<ArgumentNullException>("serde", () => Serdes.Nullable<int>(null!));
    }

    [Fact]
    public void Json_NullType_Throws() =>
        Assert.Throws<ArgumentNullException>("type", () => Serdes.Json<string>(null!));

    private static void Golden<T>(ISerde<T> serde, T value, string hex)
    {
        Assert.Equal(hex, Convert.ToHexString(serde.ToBytes(value)));
        Assert.Equal(value, serde.FromBytes(Convert.FromHexString(hex)));
    }

    private static void AssertRefusesOtherLengths<T>(ISerde<T> serde, int length)
    {
        Assert.Throws<InvalidDataException>(() => serde.FromBytes(new byte[length - 1]));
        Assert.Throws<InvalidDataException>(() => serde.FromBytes(new byte[length + 1]));
        Assert.Equal(default, serde.FromBytes(new byte[length]));
    }
}
