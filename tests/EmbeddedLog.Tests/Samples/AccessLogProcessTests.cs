using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Samples;

/// <summary>Drives the built sample as a process, through everything that its users may do to it.</summary>
public sealed partial class AccessLogProcessTests : IClassFixture<LargeAccessLog>, IDisposable
{
    private const string Sample = "AccessLog";

    private readonly LargeAccessLog _large;
    private readonly TempDirectory _folder = new();

    public AccessLogProcessTests(LargeAccessLog large)
    {
        _large = large;
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_ShippedLog_PrintsProgressAndSummaryAndSaysWhereTheDataLie()
    {
        string output = await SampleProcess.RunAsync(Sample, _folder.Path);

        Assert.Matches(ProgressLine(), output);
        Assert.Matches(@"This run read [34],\d\d\d lines", output);
        Assert.Contains("group requests-per-minute\n", output, StringComparison.Ordinal);
        Assert.Contains("group top-paths\n", output, StringComparison.Ordinal);
        Assert.Contains("group suspicious-clients\n  7 of ", output, StringComparison.Ordinal);
        Assert.Contains("topic rejected\n  8 lines are no log lines\n", output, StringComparison.Ordinal);
        string data = Path.Combine(_folder.Path, "data", "access-log");
        Assert.EndsWith($"The data lie in {data}\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ShippedLogTwice_CountsNothingTwice()
    {
        string first = await SampleProcess.RunAsync(Sample, _folder.Path);
        string second = await SampleProcess.RunAsync(Sample, _folder.Path);

        Assert.Contains("This run read 0 lines", second, StringComparison.Ordinal);
        Assert.Equal(TotalsOf(first), TotalsOf(second));
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("null")]
    [InlineData("{\"Next\":[1],\"Totals\":{}}")]
    public async Task Run_TotalsThatCannotBeRead_SaysWhichAndWhatToDo(string totals)
    {
        await SampleProcess.RunAsync(Sample, _folder.Path);
        string data = Path.Combine(_folder.Path, "data", "access-log");
        await using (CommitLog log = await CommitLog.OpenAsync(data))
        {
            log.GetTopic("totals")[1].Append(new RawRecord(Encoding.UTF8.GetBytes(totals)));
        }

        using SampleProcess process = SampleProcess.Start(Sample, _folder.Path);
        (int exitCode, _, string errors) = await process.RunToEndAsync();
        Assert.Equal(1, exitCode);
        Assert.Matches("^The totals that group [a-z-]+ saved at offset [0-9]+ of partition 1 ", errors);
        Assert.Contains($"delete '{data}'", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("null")]
    public async Task Run_RejectedTopicWithAForeignRecord_ReportsItAndGoesOn(string value)
    {
        await SampleProcess.RunAsync(Sample, _folder.Path);
        await using (CommitLog log = await CommitLog.OpenAsync(Path.Combine(_folder.Path, "data", "access-log")))
        {
            log.GetTopic("rejected")[0].Append(new RawRecord(Encoding.UTF8.GetBytes(value)));
        }

        string again = await SampleProcess.RunAsync(Sample, _folder.Path);
        Assert.Contains("the record was not written by this sample", again, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read", 0.05)]
    [InlineData("read", 0.25)]
    [InlineData("read", 0.5)]
    [InlineData("requests-per-minute", 0.3)]
    [InlineData("suspicious-clients", 0.5)]
    public async Task Run_KilledInTheMiddle_EndsWithTheTotalsOfAnUndisturbedRun(string counter, double part)
    {
        await KillAtAsync(counter, (long)(part * LargeAccessLog.Lines));
        string resumed = await SampleProcess.RunAsync(Sample, _folder.Path, "--data", "killed", _large.Path);

        Assert.Contains("An earlier run stored this source up to line", resumed, StringComparison.Ordinal);
        Assert.Equal(TotalsOf(_large.Output), TotalsOf(resumed));
    }

    [Fact]
    public async Task Run_KilledAgainAndAgain_EndsWithTheTotalsOfAnUndisturbedRun()
    {
        foreach (long lines in new[] { 2_000, 9_000, 20_000, 30_000 })
        {
            await KillAtAsync("read", lines);
        }

        string resumed = await SampleProcess.RunAsync(Sample, _folder.Path, "--data", "killed", _large.Path);
        Assert.Equal(TotalsOf(_large.Output), TotalsOf(resumed));
    }

    [Fact]
    public async Task Run_StandardInput_AddsItEveryTimeAndSaysThatItCannotResume()
    {
        string first = await FeedAsync(GeneratedLog.Lines(1, 500));
        string second = await FeedAsync(GeneratedLog.Lines(1, 500));

        Assert.Contains("A stream cannot be resumed", first, StringComparison.Ordinal);
        int requests = 500 - GeneratedLog.MalformedIn(500);
        Assert.Contains($"  {requests} requests in", first, StringComparison.Ordinal);
        Assert.Contains($"  {2 * requests} requests in", second, StringComparison.Ordinal);
        Assert.Contains($"  {2 * (500 - requests)} lines are no log lines", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Interrupted_SavesItsTotalsAndGoesOnLater()
    {
        using (SampleProcess process = Start("killed", "--progress", "0", _large.Path))
        {
            await process.ReadUntilAsync(line => CounterOf(line, "read") >= 10_000);
            process.Interrupt();
            (int exitCode, _, string errors) = await process.ReadToEndAsync();
            Assert.Equal((130, "Stopped. Run it again to go on from here.\n"), (exitCode, errors));
        }

        string resumed = await SampleProcess.RunAsync(Sample, _folder.Path, "--data", "killed", _large.Path);
        Assert.Equal(TotalsOf(_large.Output), TotalsOf(resumed));
    }

    [Fact]
    public async Task Run_InterruptedWhileItWaitsForInput_Ends()
    {
        using SampleProcess process = StartToFeed("d", "--progress", "0");
        await process.Input.WriteAsync(GeneratedLog.Lines(1, 50));
        await process.Input.FlushAsync(TestContext.Current.CancellationToken);
        await process.ReadUntilAsync(line => CounterOf(line, "suspicious-clients") == 50);
        process.Interrupt();
        Assert.Equal(130, (await process.ReadToEndAsync()).ExitCode);
    }

    [Fact]
    public async Task Run_MissingFile_SaysWhichAndCreatesNothing()
    {
        using SampleProcess process = Start("d", "nowhere.log");
        (int exitCode, string output, string errors) = await process.RunToEndAsync();

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Equal($"There is no file '{_folder["nowhere.log"]}'.\n", errors);
        Assert.False(Directory.Exists(_folder["d"]));
    }

    [Fact]
    public async Task Run_BinaryOnStandardInput_EndsWithAnError()
    {
        using SampleProcess process = StartToFeed("d");
        await process.Input.BaseStream.WriteAsync(new byte[] { 0x1f, 0x8b, 8, 0, 1, 2, 3 });
        (int exitCode, _, string errors) = await process.RunToEndAsync();
        Assert.Equal(
            (1, "'standard input' is compressed with gzip: name the file itself, or pass what zcat makes of it.\n"),
            (exitCode, errors));
    }

    [Fact]
    public async Task Run_FolderInPlaceOfAFile_SaysSo()
    {
        using SampleProcess process = Start("d", ".");
        (int exitCode, _, string errors) = await process.RunToEndAsync();
        Assert.Equal((1, $"'{_folder.Path}' is a folder; name a file in it.\n"), (exitCode, errors));
    }

    [Fact]
    public async Task Run_UnknownOption_PrintsUsageToTheErrorStream()
    {
        using SampleProcess process = Start("d", "--fast");
        (int exitCode, string output, string errors) = await process.RunToEndAsync();

        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("There is no option '--fast'.\n\n", errors, StringComparison.Ordinal);
        Assert.Contains("usage: AccessLog [options] [FILE | -]", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Help_PrintsUsage()
    {
        string output = await SampleProcess.RunAsync(Sample, _folder.Path, "--help");
        Assert.Contains("usage: AccessLog [options] [FILE | -]", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_FolderInUseByAnotherRun_NamesIt()
    {
        using SampleProcess first = StartToFeed("d");
        await first.Input.WriteAsync(GeneratedLog.Lines(1, 50));
        await first.Input.FlushAsync(TestContext.Current.CancellationToken);
        await first.ReadUntilAsync(line => line.StartsWith("read ", StringComparison.Ordinal));

        using SampleProcess second = StartToFeed("d");
        (int exitCode, _, string errors) = await second.RunToEndAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains(first.Id.ToString(CultureInfo.InvariantCulture), errors, StringComparison.Ordinal);

        Assert.Equal(0, (await first.RunToEndAsync()).ExitCode);
    }

    /// <summary>
    /// Kills the sample where its progress says that a counter has reached a value. The rest of its output is not read,
    /// so it soon waits for somebody to read it and cannot come to its end however late the kill is.
    /// </summary>
    private async Task KillAtAsync(string counter, long value)
    {
        using SampleProcess process = Start("killed", "--progress", "0", _large.Path);
        await process.ReadUntilAsync(line => CounterOf(line, counter) >= value);
        Assert.Equal(SampleProcess.KilledExitCode, await process.KillAsync());
    }

    private SampleProcess Start(string data, params string[] arguments) =>
        SampleProcess.Start(Sample, _folder.Path, ["--data", data, .. arguments]);

    private SampleProcess StartToFeed(string data, params string[] arguments) =>
        SampleProcess.StartToFeed(Sample, _folder.Path, ["--data", data, .. arguments, "-"]);

    private async Task<string> FeedAsync(string lines)
    {
        using SampleProcess process = StartToFeed("d");
        await process.Input.WriteAsync(lines);
        (int exitCode, string output, string errors) = await process.RunToEndAsync();
        Assert.True(exitCode == 0, errors);
        return output;
    }

    /// <summary>What all runs together have counted: all between the heading and the place of the data.</summary>
    private static string TotalsOf(string output)
    {
        int start = output.IndexOf("TOTALS OF ALL RUNS", StringComparison.Ordinal);
        int end = output.IndexOf("The data lie in", StringComparison.Ordinal);
        Assert.True(start >= 0 && end > start, output);
        return output[start..end];
    }

    /// <summary>The value of a counter in a line of progress; -1 in any other line.</summary>
    private static long CounterOf(string line, string counter)
    {
        Match match = ProgressLine().Match(line);
        if (!match.Success)
        {
            return -1;
        }

        Match value = Regex.Match(line, $@"\b{counter} ([\d,]+)");
        return long.Parse(value.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(
        @"^read [\d,]+ lines( \(\d+ %\))?, rejected [\d,]+; "
        + @"counted: requests-per-minute [\d,]+, top-paths [\d,]+, suspicious-clients [\d,]+$",
        RegexOptions.Multiline)]
    private static partial Regex ProgressLine();
}
