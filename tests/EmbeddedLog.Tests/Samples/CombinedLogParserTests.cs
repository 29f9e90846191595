using System.Text;
using AccessLog.Input;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Samples;

public sealed class CombinedLogParserTests
{
    private const string Usual =
        """192.0.2.7 - - [10/Oct/2025:13:55:36 -0700] "GET /a?b=c HTTP/1.1" 200 2326 "https://x.test" "Brow/1" """;

    [Fact]
    public void TryParse_CombinedLine_TakesEveryField()
    {
        AccessLine line = Parse(Usual.TrimEnd());

        Assert.Equal("192.0.2.7", line.Client);
        Assert.Null(line.User);
        Assert.Equal(new DateTimeOffset(2025, 10, 10, 13, 55, 36, TimeSpan.FromHours(-7)), line.Time);
        Assert.Equal(TimeSpan.FromHours(-7), line.Time.Offset);
        Assert.Equal("GET", line.Method);
        Assert.Equal("/a?b=c", line.Target);
        Assert.Equal("/a", line.Path);
        Assert.Equal(200, line.Status);
        Assert.Equal(2326, line.Bytes);
        Assert.Equal("https://x.test", line.Referer);
        Assert.Equal("Brow/1", line.Agent);
    }

    [Theory]
    [InlineData("""::1 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/2.0" 304 - "-" "-" """, "::1")]
    [InlineData("""2001:db8::7 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/2.0" 200 1""", "2001:db8::7")]
    [InlineData("""host.example.com - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/2.0" 200 1""", "host.example.com")]
    public void TryParse_AnyKindOfClient_IsTheKey(string text, string client)
    {
        AccessLine line = Parse(text);
        Assert.Equal(client, line.Client);
        Assert.Null(line.Referer);
        Assert.Null(line.Agent);
    }

    [Theory]
    [InlineData("- -", null)]
    [InlineData("- frank", "frank")]
    [InlineData("ident frank", "frank")]
    [InlineData("- john doe", "john doe")]
    [InlineData("- \"\"", null)]
    [InlineData("- [10/Oct/1999", "[10/Oct/1999")]
    [InlineData("-", null)]
    public void TryParse_AnyKindOfUser_IsAllBetweenIdentityAndTime(string identityAndUser, string? user) =>
        Assert.Equal(user, Parse(Usual.Replace("- -", identityAndUser, StringComparison.Ordinal)).User);

    [Theory]
    [InlineData("GET / HTTP/1.1", "GET", "/")]
    [InlineData("M-SEARCH * HTTP/1.1", "M-SEARCH", "*")]
    [InlineData("VERSION_CONTROL /x HTTP/1.1", "VERSION_CONTROL", "/x")]
    [InlineData("GET /old", "GET", "/old")]
    [InlineData("GET /a b/c HTTP/1.1", "GET", "/a b/c")]
    [InlineData("""GET /\"q\" HTTP/1.1""", "GET", """/"q" """)]
    [InlineData("""GET /a\\ HTTP/1.1""", "GET", """/a\""")]
    [InlineData("""\x16\x03\x01""", "-", """\x16\x03\x01""")]
    [InlineData("", "-", "")]
    [InlineData("-", "-", "-")]
    [InlineData("123 / HTTP/1.1", "-", "123 / HTTP/1.1")]
    public void TryParse_AnyKindOfRequest_IsSplitOrKeptWhole(string request, string method, string target)
    {
        AccessLine line = Parse(Usual.Replace("GET /a?b=c HTTP/1.1", request, StringComparison.Ordinal));
        Assert.Equal((method, target.TrimEnd()), (line.Method, line.Target));
    }

    [Theory]
    [InlineData("Jan", 1)]
    [InlineData("Feb", 2)]
    [InlineData("Mar", 3)]
    [InlineData("Apr", 4)]
    [InlineData("May", 5)]
    [InlineData("Jun", 6)]
    [InlineData("Jul", 7)]
    [InlineData("Aug", 8)]
    [InlineData("Sep", 9)]
    [InlineData("Oct", 10)]
    [InlineData("Nov", 11)]
    [InlineData("Dec", 12)]
    public void TryParse_EveryMonth_IsKnown(string name, int month) =>
        Assert.Equal(month, Parse(Usual.Replace("Oct", name, StringComparison.Ordinal)).Time.Month);

    [Fact]
    public void TryParse_LeapSecond_CountsWithTheSecondBefore() =>
        Assert.Equal(59, Parse(Usual.Replace("13:55:36", "13:55:60", StringComparison.Ordinal)).Time.Second);

    [Fact]
    public void TryParse_FurtherFields_AreIgnored() =>
        Assert.Equal("Brow/1", Parse(Usual.TrimEnd() + """ "198.51.100.1" 0.004 "x """).Agent);

    [Fact]
    public void TryParse_BytesThatAreNoUtf8_AreReplaced()
    {
        byte[] bytes = Encoding.Latin1.GetBytes(Usual.Replace("/a?b=c", "/caf\u00e9", StringComparison.Ordinal));
        Assert.True(CombinedLogParser.TryParse(bytes, out AccessLine? line, out _));
        Assert.Equal("/caf\ufffd", line.Target);
    }

    [Theory]
    [InlineData("", "the line is blank")]
    [InlineData("   ", "the line is blank")]
    [InlineData("word", "the client's address is missing")]
    [InlineData(" - - [10/Oct/2025:13:55:36 -0700]", "the client's address is missing")]
    [InlineData("h - - GET / 200 1", "the time is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700", "the time is missing")]
    [InlineData("h - - [10/Okt/2025:13:55:36 -0700] ", "the time is missing")]
    [InlineData("h - - [10/anF/2025:13:55:36 -0700] ", "the time is missing")]
    [InlineData("h - - [31/Apr/2025:13:55:36 -0700] ", "the time is missing")]
    [InlineData("h - - [29/Feb/2025:13:55:36 -0700] ", "the time is missing")]
    [InlineData("h - - [00/Oct/2025:13:55:36 -0700] ", "the time is missing")]
    [InlineData("h - - [10/Oct/2025:24:55:36 -0700] ", "the time is missing")]
    [InlineData("h - - [10/Oct/2025:13:60:36 -0700] ", "the time is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:61 -0700] ", "the time is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 00700] ", "the time is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 +1401] ", "the time is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 +1a00] ", "the time is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:3x +0100] ", "the time is missing")]
    [InlineData("h - - [10/Oct/0000:13:55:36 +0100] ", "the time is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700]", "the request is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] GET / 200 1", "the request is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET / 200 1", "the request is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\\", "the request is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\\\"", "the request is missing")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\"", "the status is not")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 200", "the status is not")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 20 1", "the status is not")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 2000 1", "the status is not")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" - 1", "the status is not")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 200 ", "the size is neither")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 200 12k", "the size is neither")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 200 -1", "the size is neither")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 200 99999999999999999999", "the size is neither")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 200 1 \"-", "the quotes of the referer")]
    [InlineData("h - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 200 1 \"-\" \"Mozi", "the quotes of the referer")]
    public void TryParse_MalformedLine_SaysWhatIsWrong(string text, string reason)
    {
        Assert.False(CombinedLogParser.TryParse(Encoding.UTF8.GetBytes(text), out _, out string? actual));
        Assert.StartsWith(reason, actual, StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_ClientLongerThanAnyHostName_IsMalformed()
    {
        string line = Usual.Replace("192.0.2.7", new string('h', 256), StringComparison.Ordinal);
        Assert.False(CombinedLogParser.TryParse(Encoding.UTF8.GetBytes(line), out _, out string? reason));
        Assert.Equal("the client's address is missing", reason);
    }

    [Fact]
    public void Law_EveryFieldThatAServerWrites_IsReadBack() =>
        Prop.ForAll(Lines(), line => Parse(Format(line)) == line).QuickCheckThrowOnFailure();

    [Fact]
    public void Law_AnyPartOfALine_IsParsedOrRejectedWithAReason() =>
        Prop.ForAll(Lines(), Gen.Choose(0, 400).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (line, cut, change) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(Format(line));
            bytes[cut % bytes.Length] = (byte)change;
            return HasResultOrReason(bytes) && HasResultOrReason(bytes.AsSpan(0, cut % bytes.Length));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Law_AnyBytes_AreParsedOrRejectedWithAReason() =>
        Prop.ForAll<byte[]>(bytes => HasResultOrReason(bytes)).QuickCheckThrowOnFailure();

    private static bool HasResultOrReason(ReadOnlySpan<byte> bytes) =>
        CombinedLogParser.TryParse(bytes, out AccessLine? line, out string? reason)
            ? line is not null && reason is null
            : line is null && reason is { Length: > 0 };

    private static AccessLine Parse(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        bool parsed = CombinedLogParser.TryParse(bytes, out AccessLine? line, out string? reason);
        Assert.True(parsed, reason);
        return line!;
    }

    private static Arbitrary<AccessLine> Lines()
    {
        Gen<string> words = Gen.ArrayOf(Gen.Elements("abzAZ09/\"\\[]?&=. \u00e4\u4e16".ToCharArray()))
            .Select(letters => new string(letters).Trim());
        Gen<string?> optional = words.Select(w => w is "" or "-" ? null : w);
        return (from client in Gen.Elements("192.0.2.1", "2001:db8::1", "h.example", "unix:")
                from user in Gen.Elements<string?>(null, "anna", "anna b", "a \"b\" \\c")
                from second in Gen.Choose(0, int.MaxValue)
                from zone in Gen.Choose(-14 * 60, 14 * 60)
                from method in Gen.Elements("GET", "POST", "PROPFIND", "M-SEARCH")
                from target in words
                from status in Gen.Choose(0, 999)
                from bytes in Gen.Choose(0, int.MaxValue)
                from referer in optional
                from agent in optional
                let time = DateTimeOffset.UnixEpoch.AddSeconds(second).ToOffset(TimeSpan.FromMinutes(zone))
                select new AccessLine(client, user, time, method, "/" + target, status, bytes, referer, agent))
            .ToArbitrary();
    }

    /// <summary>Writes a line as a server does.</summary>
    private static string Format(AccessLine line)
    {
        string zone = $"{(line.Time.Offset < TimeSpan.Zero ? '-' : '+')}{line.Time.Offset:hhmm}";
        return $"{line.Client} - {Escape(line.User)} [{line.Time:dd'/'MMM'/'yyyy':'HH':'mm':'ss} {zone}] "
            + $"\"{line.Method} {Escape(line.Target)} HTTP/1.1\" {line.Status:000} {line.Bytes} "
            + $"\"{Escape(line.Referer)}\" \"{Escape(line.Agent)}\"";
    }

    private static string Escape(string? text) =>
        (text ?? "-").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
