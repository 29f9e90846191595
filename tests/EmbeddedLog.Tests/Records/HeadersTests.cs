namespace EmbeddedLog.Tests.Records;

public sealed class HeadersTests
{
    [Fact]
    public void Add_ManyHeaders_KeepsOrder()
    {
        var headers = new Headers();
        for (int i = 0; i < 20; i++)
        {
            headers.Add($"k{i}", $"v{i}");
        }

        Assert.Equal(20, headers.Count);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => new Header($"k{i}", $"v{i}")), headers);
        Assert.Equal(headers, headers.AsSpan().ToArray());
        Assert.Equal(new Header("k7", "v7"), headers[7]);
    }

    [Fact]
    public void Add_Bytes_AreCopied()
    {
        byte[] buffer = [1];
        var headers = new Headers { { "a", buffer }, new Header("b", buffer) };

        buffer[0] = 9;

        Assert.Equal(1, headers[0].Value.Span[0]);
        Assert.Equal(1, headers[1].Value.Span[0]);
    }

    [Fact]
    public void Add_NullHeaderValue_StaysNull()
    {
        var headers = new Headers { { "a", null }, new Header("b") };

        Assert.All(headers, header => Assert.False(header.HasValue));
    }

    [Fact]
    public void Add_BadKey_ThrowsAndAddsNothing()
    {
        var headers = new Headers();

        Assert.Throws<ArgumentNullException>("key", () => headers.Add(null!, "v"));
        Assert.Throws<ArgumentNullException>("key", () => headers.Add(null!, new byte[1]));
        Assert.Throws<ArgumentException>("key", () => headers.Add("\ud800", new byte[1]));
        Assert.Empty(headers);
    }

    [Fact]
    public void Constructor_OtherHeaders_CopiesThem()
    {
        var original = new Headers { { "a", "1" } };

        var copy = new Headers(original) { { "b", "2" } };

        Assert.Single(original);
        Assert.Equal([new Header("a", "1"), new Header("b", "2")], copy);
        Assert.Throws<ArgumentNullException>("headers", () => new Headers((IEnumerable<Header>)null!));
    }

    [Fact]
    public void TryGetLast_RepeatedKey_FindsTheLast()
    {
        var headers = new Headers { { "k", "1" }, { "k", "2" }, { "K", "3" } };

        Assert.True(headers.TryGetLast("k", out Header header));
        Assert.Equal("2", header.GetString());
        Assert.Throws<ArgumentNullException>("key", () => headers.TryGetLast(null!, out _));
    }

    [Fact]
    public void TryGetLast_MissingKey_IsFalse()
    {
        Assert.False(new Headers { { "k", "1" } }.TryGetLast("x", out Header header));
        Assert.Equal(default, header);
    }

    [Fact]
    public void Remove_RepeatedKey_RemovesAllAndKeepsOrder()
    {
        var headers = new Headers { { "k", "1" }, { "a", "2" }, { "k", "3" }, { "b", "4" } };

        Assert.Equal(2, headers.Remove("k"));
        Assert.Equal(0, headers.Remove("k"));
        Assert.Equal(["a", "b"], headers.Select(header => header.Key));
    }

    [Fact]
    public void Indexer_OutOfRange_Throws()
    {
        var headers = new Headers { { "k", "1" } };

        Assert.Throws<ArgumentOutOfRangeException>(() => headers[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => headers[1]);
    }

    [Fact]
    public void Empty_AnyChange_ThrowsAndSaysToCopy()
    {
        Assert.Empty(Headers.Empty);
        Assert.True(Headers.Empty.IsReadOnly);

        var exception = Assert.Throws<InvalidOperationException>(() => Headers.Empty.Add("k", "v"));
        Assert.Contains("new Headers(headers)", exception.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Headers.Empty.Remove("k"));
        Assert.Throws<InvalidOperationException>(() => Headers.Empty.Add(new Header("k")));
        Assert.Throws<InvalidOperationException>(() => Headers.Empty.Add("k", new byte[1]));
    }

    [Fact]
    public void Constructor_OwnedHeaders_IsReadOnlyButItsCopyIsNot()
    {
        var read = new Headers([new Header("k", "v")]);

        Assert.True(read.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => read.Remove("k"));
        Assert.Equal(2, new Headers(read) { { "l", "w" } }.Count);
    }

    [Fact]
    public void ToString_ShowsKeysAndSizes() =>
        Assert.Equal("[a (1 byte), b (null)]", new Headers { { "a", "1" }, new Header("b") }.ToString());
}
