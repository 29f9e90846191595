using EmbeddedLog.Validation;

namespace EmbeddedLog.Tests.Validation;

public sealed class NameRulesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("page-views")]
    [InlineData("A.b_C-9")]
    [InlineData("...")]
    [InlineData("_one")]
    [InlineData("-")]
    public void ThrowIfNotTopic_LegalName_Passes(string name)
    {
        NameRules.ThrowIfNotTopic(name);
        NameRules.ThrowIfNotGroup(name);
    }

    [Fact]
    public void ThrowIfNotTopic_LongestName_Passes() => NameRules.ThrowIfNotTopic(new string('a', 249));

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData(".", "it would name a directory that is not its own")]
    [InlineData("..", "it would name a directory that is not its own")]
    [InlineData("a/b", "character '/' at index 1 is not allowed")]
    [InlineData("../x", "character '/' at index 2 is not allowed")]
    [InlineData("a b", "character ' ' at index 1 is not allowed")]
    [InlineData("a\nb", "character U+000A at index 1 is not allowed")]
    [InlineData("a\u00e4", "character U+00E4 at index 1 is not allowed")]
    [InlineData("a\0", "character U+0000 at index 1 is not allowed")]
    public void ThrowIfNot_IllegalName_ShowsThePlaceAndTheRule(string name, string fault)
    {
        var topic = Assert.Throws<ArgumentException>(nameof(name), () => NameRules.ThrowIfNotTopic(name));
        var group = Assert.Throws<ArgumentException>(nameof(name), () => NameRules.ThrowIfNotGroup(name));

        Assert.Contains($"cannot name a topic: {fault}. Use 1 to 249 of", topic.Message, StringComparison.Ordinal);
        Assert.Contains($"cannot name a group: {fault}. Use 1 to 249 of", group.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', topic.Message.Split(" (Parameter")[0]);
    }

    [Fact]
    public void ThrowIfNotTopic_TooLong_NamesTheLength()
    {
        var exception = Assert.Throws<ArgumentException>(() => NameRules.ThrowIfNotTopic(new string('a', 250)));

        Assert.Contains("it has 250 characters", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('a', 250), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ThrowIfNotTopic_Null_Throws()
    {
        string? name = null;
        Assert.Throws<ArgumentNullException>(nameof(name), () => NameRules.ThrowIfNotTopic(name!));
    }

    [Fact]
    public void ThrowIfNot_ReservedName_SaysThatItIs()
    {
        string name = "__offsets";
        var exception = Assert.Throws<ArgumentException>(nameof(name), () => NameRules.ThrowIfNotTopic(name));

        Assert.Contains("names that begin with '__' are reserved", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(nameof(name), () => NameRules.ThrowIfNotGroup(name));
        Assert.True(NameRules.IsReserved(name));
        Assert.Null(NameRules.Fault(name));
    }
}
