using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Samples;

/// <summary>The example of the README is the body of a method that compiles and runs.</summary>
public sealed class QuickStartTests
{
    private const string Sample = "QuickStart";

    [Fact]
    public void Readme_Example_IsTheBodyOfTheSample()
    {
        string[] source = File.ReadAllLines(RepositoryRoot.Locate("samples", Sample, "FraudDetector.cs"));
        IEnumerable<string> body = source
            .SkipWhile(line => !line.EndsWith(" RunAsync()", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line != "    }")
            .Select(line => line.Length > 8 ? line[8..] : "");
        string expected = string.Join('\n', ["using EmbeddedLog;", "", .. body]);

        string readme = File.ReadAllText(RepositoryRoot.Locate("README.md"));
        const string Fence = "```csharp\n";
        int first = readme.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length;
        string actual = readme[first..readme.IndexOf("\n```", first, StringComparison.Ordinal)];

        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task Run_KilledAgainAndAgain_HandlesEveryRecord()
    {
        const int Kills = 3;
        using var folder = new TempDirectory();
        for (int run = 0; run < Kills; run++)
        {
            using SampleProcess process = SampleProcess.Start(Sample, folder.Path);
            await process.ReadUntilAsync(line => line == "site-7 /home");
            Assert.Equal(SampleProcess.KilledExitCode, await process.KillAsync());
        }

        long waiting = 1;
        await using (CommitLog log = await CommitLog.OpenAsync(folder["data"]))
        {
            foreach (OwnedPartition partition in log.GetTopic("page-views").Partitions)
            {
                waiting += partition.EndOffset - (log.Offsets.Effective("fraud", partition.Log)?.Offset ?? 0);
            }

            Assert.Equal(Kills, log.GetTopic("page-views").Partitions.Sum(partition => partition.EndOffset));
        }

        // What was not committed comes again, then the record of this run.
        using SampleProcess last = SampleProcess.Start(Sample, folder.Path);
        for (long i = 0; i < waiting; i++)
        {
            await last.ReadUntilAsync(line => line == "site-7 /home");
        }

        await last.KillAsync();
    }

    [Fact]
    public async Task Run_AgainAndAgain_HandlesEachRecordOnce()
    {
        using var folder = new TempDirectory();
        for (int run = 0; run < 3; run++)
        {
            using SampleProcess process = SampleProcess.Start(Sample, folder.Path);
            await process.ReadUntilAsync(line => line == "site-7 /home");
            process.Interrupt();
            (int exitCode, string output, string errors) = await process.ReadToEndAsync();

            // A stop waits for the commit that is under way, so the records of earlier runs do not come again.
            Assert.Equal((0, "site-7 /home\nstopped\n", ""), (exitCode, output, errors));
        }
    }
}
