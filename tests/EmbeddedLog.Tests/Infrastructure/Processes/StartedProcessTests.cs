using System.Diagnostics;
using EmbeddedLog.Tests.Samples;

namespace EmbeddedLog.Tests.Infrastructure.Processes;

/// <summary>
/// What a process that a test starts has of its starter. It is nothing by which a test could hang: no pipe of a
/// sibling, no ignored Ctrl+C.
/// </summary>
[Collection(Alone.Name)]
public sealed class StartedProcessTests
{
    private const int Rounds = 10;
    private const int Siblings = 8;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>A sibling that held the pipe as well would keep the end of the input from its reader.</summary>
    [Fact]
    public void Start_ManyAtOnce_EachReadsTheEndOfItsInputWhileTheOthersLive()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no cat.");
        for (int round = 0; round < Rounds; round++)
        {
            Process[] siblings = StartAtOnce("cat");
            try
            {
                // A pipe may be held by one that was started earlier or later.
                foreach (Process sibling in round % 2 == 0 ? siblings : siblings.Reverse())
                {
                    sibling.StandardInput.Close();
                    Assert.True(sibling.WaitForExit(s_limit), "Another process holds its input open.");
                }
            }
            finally
            {
                EndAll(siblings);
            }
        }
    }

    [Fact]
    public async Task Interrupt_TestsThatIgnoreTheSignal_EndsTheSample()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no background jobs.");
        using TempDirectory folder = new();
        using (InterruptSignal.Ignore())
        {
            Assert.True(InterruptSignal.IsIgnored);
            using SampleProcess process = SampleProcess.Start("FailingRecords", folder.Path);
            await process.ReadUntilAsync(line => line.StartsWith("skipped", StringComparison.Ordinal));
            process.Interrupt();
            Assert.Equal(0, (await process.ReadToEndAsync()).ExitCode);
        }
    }

    private static Process[] StartAtOnce(string program)
    {
        var siblings = new Process[Siblings];
        using Barrier together = new(Siblings);
        Thread[] starters = [.. Enumerable.Range(0, Siblings).Select(i => new Thread(() =>
        {
            together.SignalAndWait();
            siblings[i] = Command.Start(program);
        }))];
        Array.ForEach(starters, starter => starter.Start());
        Array.ForEach(starters, starter => starter.Join());
        return siblings;
    }

    private static void EndAll(Process[] siblings)
    {
        foreach (Process sibling in siblings)
        {
            if (!sibling.HasExited)
            {
                sibling.Kill();
            }

            sibling.Dispose();
        }
    }
}
