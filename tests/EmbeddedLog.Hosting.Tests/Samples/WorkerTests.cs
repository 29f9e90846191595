namespace EmbeddedLog.Hosting.Tests.Samples;

public sealed class WorkerTests
{
    [Fact]
    public async Task Worker_KilledAndStopped_GoesOn()
    {
        string folder = Directory.CreateTempSubdirectory("embeddedlog-").FullName;
        const string Printed = "ticks-0@";
        string last;
        string[] arguments = ["--EmbeddedLog:Directory", "log", "--Logging:LogLevel:Default", "Warning"];
        using (SampleProcess first = new("Worker", folder, arguments))
        {
            await first.ReadUntilAsync(line => line.StartsWith("ticks-0@2 ", StringComparison.Ordinal));
            await first.KillAsync();
        }

        using (SampleProcess second = new("Worker", folder, arguments))
        {
            // Its clock begins anew, and the log goes on.
            await second.ReadUntilAsync(line => line.StartsWith(Printed, StringComparison.Ordinal)
                && line.EndsWith(" clock 1", StringComparison.Ordinal));
            Assert.Equal(0, await second.InterruptAsync());
            last = second.ToString().Split('\n')
                .Last(line => line.StartsWith(Printed, StringComparison.Ordinal));
        }

        await using (CommitLog log = await CommitLog.OpenAsync(Path.Combine(folder, "log")))
        {
            Assert.True(log.Recovery.Clean);
            GroupDescription group = await log.DescribeGroupAsync("printer");
            Assert.StartsWith(
                $"{Printed}{Assert.Single(group.Partitions).Committed!.Value.Next.Offset - 1} ",
                last,
                StringComparison.Ordinal);
        }

        Directory.Delete(folder, recursive: true);
    }
}
