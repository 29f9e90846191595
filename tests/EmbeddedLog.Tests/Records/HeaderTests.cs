namespace EmbeddedLog.Tests.Records;

public sealed class HeaderTests
{
    [Fact]
    public void Constructor_KeyOnly_ValueIsNull()
    {
        var header = new Header("k");

        Assert.False(header.HasValue);
        Assert.True(header.Value.IsEmpty);
        Assert.Null(header.GetString());
    }

    [Fact]
    public void Constructor_NullString_ValueIsNull() => Assert.False(new Header("k", null).HasValue);

    [Fact]
    public void Constructor_EmptyBytes_HasValue() => Assert.True(new Header("k", ReadOnlyMemory<byte>.Empty).HasValue);

    [Fact]
    public void Default_KeyIsEmptyAndValueNull()
    {
        Header header = default;

        Assert.Equal("", header.Key);
        Assert.False(header.HasValue);
        Assert.Equal(new Header(""), header);
    }

    [Fact]
    public void Constructor_NullKey_Throws()
    {
        Assert.Throws<ArgumentNullException>("key", () => new Header(null!));
        Assert.Throws<ArgumentNullException>("key", () => new Header(null!, "v"));
        Assert.Throws<ArgumentNullException>("key", () => new Header(null!, new byte[1]));
    }

    [Fact]
    public void Constructor_HalfSurrogatePair_Throws()
    {
        foreach (string bad in (string[])["\ud800", "a\udc00", "\ud800a"])
        {
            Assert.Throws<ArgumentException>("key", () => new Header(bad));
            Assert.Throws<ArgumentException>("value", () => new Header("k", bad));
        }
    }

    [Fact]
    public void GetString_Text_RoundTrips() =>
        Assert.Equal("gr\u00fc\u00dfe \ud83d\ude00", new Header("k", "gr\u00fc\u00dfe \ud83d\ude00").GetString());

    [Fact]
    public void GetString_NotUtf8_Throws() =>
        Assert.Throws<InvalidDataException>(() => new Header("k", new byte[] { 0xff }).GetString());

    [Fact]
    public void Equals_SameContent_IsEqualWithEqualHash()
    {
        var left = new Header("k", new byte[] { 1, 2 });
        var right = new Header("k", new byte[] { 1, 2 });

        Assert.True(left == right);
        Assert.True(left.Equals((object)right));
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
    }

    [Fact]
    public void Equals_NullAgainstEmpty_Differs() =>
        Assert.True(new Header("k") != new Header("k", ReadOnlyMemory<byte>.Empty));

    [Fact]
    public void Equals_OtherKeyOrValue_Differs()
    {
        var header = new Header("k", new byte[] { 1 });

        Assert.NotEqual(header, new Header("K", new byte[] { 1 }));
        Assert.NotEqual(header, new Header("k", new byte[] { 2 }));
        Assert.False(header.Equals("k"));
    }

    [Fact]
    public void ToString_DoesNotShowTheValue()
    {
        Assert.Equal("token (6 bytes)", new Header("token", "secret").ToString());
        Assert.Equal("token (null)", new Header("token").ToString());
    }
}
