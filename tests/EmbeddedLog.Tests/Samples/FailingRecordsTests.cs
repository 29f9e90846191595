using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Samples;

/// <summary>The second example of the README as a service that is stopped and killed.</summary>
public sealed class FailingRecordsTests
{
    private const string Sample = "FailingRecords";
    private const string Handled = "handled /home";

    /// <summary>As many records each run appends, the first of which can be handled.</summary>
    private const int RecordsOfARun = 4;

    [Fact]
    public async Task Run_KilledAgainAndAgain_HandlesEveryRecord()
    {
        const int Kills = 3;
        using var folder = new TempDirectory();
        for (int run = 0; run < Kills; run++)
        {
            using SampleProcess process = SampleProcess.Start(Sample, folder.Path);
            await process.ReadUntilAsync(line => line == Handled);
            Assert.Equal(SampleProcess.KilledExitCode, await process.KillAsync());
        }

        long waiting = 1;
        await using (CommitLog log = await CommitLog.OpenAsync(folder["data"]))
        {
            OwnedPartition partition = log.GetTopic("page-views")[0];
            Assert.Equal(Kills * RecordsOfARun, partition.EndOffset);
            long committed = log.Offsets.Effective("views", partition.Log)?.Offset ?? 0;
            for (long offset = 0; offset < partition.EndOffset; offset += RecordsOfARun)
            {
                waiting += offset >= committed ? 1 : 0;
            }
        }

        // What was not committed comes again, then the record of this run.
        using SampleProcess last = SampleProcess.Start(Sample, folder.Path);
        for (long i = 0; i < waiting; i++)
        {
            await last.ReadUntilAsync(line => line == Handled);
        }

        await last.KillAsync();
    }

    [Fact]
    public async Task Run_AgainAndAgain_GoesOnBehindRecordsThatFail()
    {
        using var folder = new TempDirectory();
        for (int run = 0; run < 3; run++)
        {
            using SampleProcess process = SampleProcess.Start(Sample, folder.Path);
            int first = run * RecordsOfARun;
            string last = $"skipped page-views-0@{first + 3}: no JSON";
            await process.ReadUntilAsync(line => line == last);
            process.Interrupt();
            (int exitCode, string output, string errors) = await process.ReadToEndAsync();

            Assert.Equal(
                (0, $"""
                    {Handled}
                    failed: the partner did not answer for /later
                    handled /later
                    gave up page-views-0@{first + 2}: no handler for /hopeless
                    {last}
                    stopped

                    """.ReplaceLineEndings("\n"), ""),
                (exitCode, output, errors));
        }
    }
}
