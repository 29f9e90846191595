using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Samples;

/// <summary>The first example of the README as a program.</summary>
public sealed class QuickStartTests
{
    [Fact]
    public async Task Run_AgainAndAgain_HandlesEachRecordOnce()
    {
        using var folder = new TempDirectory();
        for (int run = 0; run < 3; run++)
        {
            Assert.Equal("site-7 /home\n", await SampleProcess.RunAsync("QuickStart", folder.Path));
        }
    }
}
