using System.Text;
using EmbeddedLog.IO;

namespace EmbeddedLog.Tests.IO;

/// <summary>What a lock's file says of its holder.</summary>
public sealed class LockHolderTests
{
    private static readonly LockHolder s_some =
        new(1, "2026-11-29T07:10:00Z", "web-1", "6d1c", "4026531836", "0123456789ab");

    [Fact]
    public void Current_ReadBack_IsThisProcess()
    {
        LockHolder read = LockHolder.Parse(LockHolder.Current.ToText())!;
        Assert.True(read.IsThisProcess);
        Assert.True(read.IsOnThisMachine && read.IsInThisContainer);
        Assert.Equal(Environment.ProcessId, read.ProcessId);
        Assert.InRange(LockHolder.Current.ToText().Length, 10, LockHolder.MaxTextBytes);
    }

    [Fact]
    public void Parse_TextOfAnyLength_GivesWholeLinesOrNothing()
    {
        byte[] text = s_some.ToText();
        Assert.Equal(s_some, LockHolder.Parse(text));
        for (int length = 0; length < text.Length; length++)
        {
            LockHolder? read = LockHolder.Parse(text.AsSpan(0, length));
            Assert.Equal(length < 2, read is null);
            Assert.True(read is null || read.Host.Length == 0 || read.Host == s_some.Host);
        }
    }

    [Fact]
    public void Parse_HostileText_StaysOnOneShortLine()
    {
        string text = $"1\nhost {new string('x', 900)}\r\u001b[31m\nboot \u00e4\u0007b\n";
        LockHolder read = LockHolder.Parse(Encoding.UTF8.GetBytes(text))!;
        Assert.Equal(new string('x', 100), read.Host);
        Assert.Equal("b", read.Boot);
    }

    [Fact]
    public void IsThisProcess_AnyFieldDiffers_IsFalse()
    {
        LockHolder ours = LockHolder.Current;
        LockHolder[] others =
        [
            ours with { ProcessId = ours.ProcessId + 1 }, ours with { Started = "2020-01-01T00:00:00Z" },
            ours with { Host = "other" }, ours with { Boot = "other" }, ours with { Space = "1" },
            ours with { Container = "other" },
        ];
        Assert.All(others, other => Assert.False(other.IsThisProcess));
        Assert.Equal([true, true, true, true, false, false], others.Select(other => other.IsInThisContainer));
        Assert.False(others[3].IsOnThisMachine);
    }
}
