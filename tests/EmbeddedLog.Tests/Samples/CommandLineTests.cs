using AccessLog;

namespace EmbeddedLog.Tests.Samples;

public sealed class CommandLineTests
{
    [Fact]
    public void TryParse_NoArgument_MeansTheShippedLogAndTheUsualFolder()
    {
        CommandLine parsed = Parse();
        Assert.Null(parsed.Source);
        Assert.Equal(Path.Combine("data", "access-log"), parsed.DataDirectory);
        Assert.Equal(TimeSpan.FromSeconds(0.5), parsed.ProgressInterval);
        Assert.False(parsed.Help);
    }

    [Fact]
    public void TryParse_Everything_IsTaken()
    {
        CommandLine parsed = Parse("--data", "d", "-", "--progress", "0.25", "--rejected", "--help");
        Assert.Equal("-", parsed.Source);
        Assert.Equal("d", parsed.DataDirectory);
        Assert.Equal(TimeSpan.FromSeconds(0.25), parsed.ProgressInterval);
        Assert.True(parsed.ListRejected);
        Assert.True(parsed.Help);
    }

    [Theory]
    [InlineData("The option --data needs a value.", "--data")]
    [InlineData("The option --data needs a value.", "--data", "")]
    [InlineData("The option --progress takes seconds from 0 to 3600, not 'often'.", "--progress", "often")]
    [InlineData("The option --progress takes seconds from 0 to 3600, not '-1'.", "--progress", "-1")]
    [InlineData("The option --progress takes seconds from 0 to 3600, not '3601'.", "--progress", "3601")]
    [InlineData("There is no option '--fast'.", "--fast")]
    [InlineData("There is no option '-x'.", "-x")]
    [InlineData("There is no option ''.", "")]
    [InlineData("Only one log is read at a time; 'b' is a second one.", "a", "b")]
    public void TryParse_WrongArguments_SaysWhichAndWhy(string message, params string[] arguments)
    {
        Assert.False(CommandLine.TryParse(arguments, out _, out string? error));
        Assert.Equal(message, error);
    }

    private static CommandLine Parse(params string[] arguments)
    {
        Assert.True(CommandLine.TryParse(arguments, out CommandLine? parsed, out string? error), error);
        return parsed;
    }
}
