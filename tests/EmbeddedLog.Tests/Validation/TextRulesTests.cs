using System.Text.RegularExpressions;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Tests.Validation;

public sealed class TextRulesTests
{
    // Escaped, for half a pair does not survive the way to a test case.
    [Theory]
    [InlineData("", -1)]
    [InlineData("plain", -1)]
    [InlineData(@"\ud83d\ude00", -1)]
    [InlineData(@"a\ud83d\ude00b", -1)]
    [InlineData(@"\ud83d", 0)]
    [InlineData(@"\ude00", 0)]
    [InlineData(@"ab\ud83d", 2)]
    [InlineData(@"\ude00\ud83d", 0)]
    [InlineData(@"\ud83d\ud83d\ude00", 0)]
    [InlineData(@"\ud83d\ude00\ude00", 2)]
    public void IndexOfLoneSurrogate_Text_FindsTheFirst(string text, int expected) =>
        Assert.Equal(expected, TextRules.IndexOfLoneSurrogate(Regex.Unescape(text)));

    [Theory]
    [InlineData("It failed.", "It failed.")]
    [InlineData("It failed", "It failed.")]
    [InlineData("It failed!\r\n", "It failed!")]
    [InlineData("Why?", "Why?")]
    [InlineData("", "no reason given.")]
    public void AsSentence_Message_EndsAsOne(string message, string expected) =>
        Assert.Equal(expected, TextRules.AsSentence(message));

    [Fact]
    public void ThrowIfNotWellFormed_LoneSurrogate_NamesItAndItsPlace()
    {
        string text = "ab\ud83d";
        var exception = Assert.Throws<ArgumentException>(nameof(text), () => TextRules.ThrowIfNotWellFormed(text));

        Assert.Contains("U+D83D, at index 2", exception.Message, StringComparison.Ordinal);
    }
}
