using System.IO.Compression;
using System.Text;
using AccessLog;
using AccessLog.Input;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Samples;

/// <summary>What the access log sample stores, and that it stores every line once whatever happened before.</summary>
public sealed class SampleTests : IDisposable
{
    private const int LawLines = 200;

    private readonly TempDirectory _folder = new(inMemory: true);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_Lines_AreStoredInOrderWithTheirNumbers()
    {
        await RunAsync("d", Write("a.log", GeneratedLog.Lines(1, 400)));

        List<long>[] stored = await StoredAsync("d", "a.log");
        Assert.All(stored, lines => Assert.Equal(lines.Order().Distinct(), lines));
        Assert.All(stored[..SampleTopics.RequestPartitions], lines => Assert.NotEmpty(lines));
        Assert.Equal(Enumerable.Range(1, 400).Select(n => (long)n), stored.SelectMany(lines => lines).Order());
    }

    [Fact]
    public async Task Run_MalformedLine_IsKeptWithReasonAndNumber()
    {
        string path = Write("a.log", GeneratedLog.Lines(1, 2) + "no log line\n" + new string('x', 70_000) + "\n");
        await RunAsync("d", path);

        await using CommitLog log = await OpenAsync("d");
        await using var consumer = log.CreateConsumer<string, RejectedLine>(SampleTopics.Rejected);
        List<RejectedLine> rejected = [];
        await foreach (var record in consumer.ReadToEndAsync(TestContext.Current.CancellationToken))
        {
            rejected.Add(record.Value);
        }

        string kept = new('x', RejectedLine.KeptBytes);
        Assert.Equal(
            [
                new RejectedLine(path, 3, "the time is missing or is not [dd/Mon/yyyy:hh:mm:ss +zzzz]", "no log line"),
                new RejectedLine(path, 4, "the line is longer than 65536 bytes", kept),
            ],
            rejected);
    }

    [Fact]
    public async Task Run_FileThatGrew_AddsOnlyWhatIsNew()
    {
        string path = Write("a.log", GeneratedLog.Lines(1, 150));
        await RunAsync("d", path);
        File.AppendAllText(path, GeneratedLog.Lines(151, 300));
        string resumed = await RunAsync("d", path);

        Assert.Contains("This run read 150 lines", resumed, StringComparison.Ordinal);
        Assert.Equal(TotalsOf(await RunAsync("whole", Write("b.log", GeneratedLog.Lines(1, 300)))), TotalsOf(resumed));
    }

    [Fact]
    public async Task Run_LastLineWithoutLineEnd_IsStoredOnceEvenWhenItsEndFollows()
    {
        string path = Write("a.log", GeneratedLog.Lines(1, 10).TrimEnd('\n'));
        await RunAsync("d", path);
        await RunAsync("d", path);
        File.AppendAllText(path, "\n" + GeneratedLog.Lines(11, 12));
        await RunAsync("d", path);

        List<long>[] stored = await StoredAsync("d", "a.log");
        Assert.Equal(Enumerable.Range(1, 12).Select(n => (long)n), stored.SelectMany(lines => lines).Order());
    }

    [Theory]
    [InlineData(40)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Run_FirstLineIncompleteAtFirst_IsStoredOnce(int characters)
    {
        string text = GeneratedLog.Lines(1, 10);
        string path = Write("a.log", text[..characters]);
        string first = await RunAsync("d", path);
        File.AppendAllText(path, text[characters..]);
        string second = await RunAsync("d", path);

        Assert.Contains("0 lines rejected", first, StringComparison.Ordinal);
        Assert.Contains($"  {10 - GeneratedLog.MalformedIn(10)} requests in", second, StringComparison.Ordinal);
        List<long>[] stored = await StoredAsync("d", "a.log");
        Assert.Equal(Enumerable.Range(1, 10).Select(n => (long)n), stored.SelectMany(lines => lines).Order());
    }

    [Fact]
    public async Task Run_FirstLineWithoutItsAgent_IsStoredOnce()
    {
        string text = GeneratedLog.Lines(1, 10);
        int line = text.IndexOf('\n', StringComparison.Ordinal);
        string path = Write("a.log", text[..line]);
        await RunAsync("d", path);
        File.AppendAllText(path, text[line..]);
        await RunAsync("d", path);

        List<long>[] stored = await StoredAsync("d", "a.log");
        Assert.Equal(Enumerable.Range(1, 10).Select(n => (long)n), stored.SelectMany(lines => lines).Order());
    }

    [Fact]
    public async Task Run_FileRenamedByARotation_GoesOnUnderItsNewName()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a file is known by its path.");
        string path = Write("a.log", GeneratedLog.Lines(1, 50));
        await RunAsync("d", path);
        File.Move(path, _folder["a.log.1"]);
        File.AppendAllText(_folder["a.log.1"], GeneratedLog.Lines(51, 60));
        Write("a.log", GeneratedLog.Lines(61, 70));

        Assert.Contains("This run read 10 lines", await RunAsync("d", _folder["a.log.1"]), StringComparison.Ordinal);
        Assert.Contains("This run read 10 lines", await RunAsync("d", path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CompressedFile_IsReadAsWhatIsInItAndOnce()
    {
        string plain = await RunAsync("plain", Write("a.log", GeneratedLog.Lines(1, 300)));
        await using (FileStream file = File.Create(_folder["a.log.gz"]))
        await using (GZipStream zip = new(file, CompressionLevel.Fastest))
        {
            await zip.WriteAsync(Encoding.UTF8.GetBytes(GeneratedLog.Lines(1, 300)));
        }

        string compressed = await RunAsync("d", _folder["a.log.gz"]);
        string again = await RunAsync("d", _folder["a.log.gz"]);

        Assert.Contains("This run read 300 lines", compressed, StringComparison.Ordinal);
        Assert.Contains("This run read 0 lines", again, StringComparison.Ordinal);
        Assert.Equal(TotalsOf(plain), TotalsOf(again));
    }

    [Fact]
    public async Task Run_NoText_IsRefusedAndMakesNothing()
    {
        byte[] noise = new byte[10_000];
        new Random(7).NextBytes(noise);
        File.WriteAllBytes(_folder["noise"], noise);
        File.WriteAllText(_folder["wide.log"], GeneratedLog.Lines(1, 10), Encoding.Unicode);

        foreach (string name in new[] { "noise", "wide.log" })
        {
            var failure = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync("d", _folder[name]));
            Assert.StartsWith($"'{_folder[name]}' is no text but binary", failure.Message, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_folder["d"]));
    }

    [Fact]
    public async Task Run_ListRejected_ListsAllWithAndWithoutAFile()
    {
        string path = Write("a.log", GeneratedLog.Lines(1, 10) + string.Concat(Enumerable.Repeat("no line\n", 20)));
        string listed = await RunAsync("d", path, "--rejected");
        string later = await RunAsync("d", "--rejected");

        Assert.Equal(20, listed.Split("no line").Length - 1);
        Assert.Equal(20, later.Split("no line").Length - 1);
        Assert.DoesNotContain("This run read", later, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OtherFileAtTheSamePath_IsANewSource()
    {
        string path = Write("a.log", GeneratedLog.Lines(1, 50));
        await RunAsync("d", path);
        Write("a.log", GeneratedLog.Lines(51, 100));
        string second = await RunAsync("d", path);

        Assert.Contains("This run read 50 lines", second, StringComparison.Ordinal);
        Assert.Contains($"{100 - GeneratedLog.MalformedIn(100)} requests in", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TwoFilesInTurn_EachGoesOnWhereItWas()
    {
        string a = Write("a.log", GeneratedLog.Lines(1, 50));
        string b = Write("b.log", GeneratedLog.Lines(1, 60));
        await RunAsync("d", a);
        await RunAsync("d", b);
        File.AppendAllText(a, GeneratedLog.Lines(51, 70));

        Assert.Contains("This run read 20 lines", await RunAsync("d", a), StringComparison.Ordinal);
        Assert.Contains("This run read 0 lines", await RunAsync("d", b), StringComparison.Ordinal);
        Assert.Equal(70, (await StoredAsync("d", "a.log")).Sum(lines => lines.Count));
        Assert.Equal(60, (await StoredAsync("d", "b.log")).Sum(lines => lines.Count));
    }

    [Fact]
    public async Task Run_FileShorterThanWhatWasRead_StoresNothingAndSaysWhy()
    {
        string path = Write("a.log", GeneratedLog.Lines(1, 50));
        await RunAsync("d", path);
        Write("a.log", GeneratedLog.Lines(1, 20));
        string output = await RunAsync("d", path);
        Assert.Contains("nothing in it is new", output, StringComparison.Ordinal);
        Assert.Contains("This run read 0 lines", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_EmptyFile_ReadsNoLines()
    {
        string output = await RunAsync("d", Write("a.log", ""));
        Assert.Contains("This run read 0 lines", output, StringComparison.Ordinal);
    }

    /// <summary>
    /// After a power failure each partition holds a beginning of its lines, each another one. The next run has to fill
    /// up every one of them, whatever they lost.
    /// </summary>
    [Fact]
    public async Task Law_PartitionsThatLostTheirEnds_AreFilledUpWithEveryLineOnce()
    {
        string whole = Write("whole.log", GeneratedLog.Lines(1, LawLines));
        string totals = TotalsOf(await RunAsync("whole", whole));
        List<long>[] complete = await StoredAsync("whole", "whole.log");
        int state = 0;
        Prop.ForAll(
            Gen.Choose(0, LawLines).ToArbitrary(),
            Gen.ArrayOf(Gen.Choose(0, LawLines), complete.Length).ToArbitrary(),
            async (safe, kept) =>
            {
                string name = $"state-{state++}";
                await LoseEndsAsync(name, safe, kept, complete);
                string recovered = TotalsOf(await RunAsync(name, _folder[name + ".log"]));
                List<long>[] stored = await StoredAsync(name, name + ".log");
                return recovered == totals && stored.Zip(complete, (s, c) => s.SequenceEqual(c)).All(same => same);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(25));
    }

    /// <summary>
    /// Makes a log as a power failure leaves it: a first run came to its end and is safe; of the lines that a second
    /// one stored, every partition kept those up to another number.
    /// </summary>
    private async Task LoseEndsAsync(string name, int safe, int[] kept, List<long>[] complete)
    {
        string path = Write(name + ".log", GeneratedLog.Lines(1, safe));
        if (safe > 0)
        {
            await RunAsync(name, path);
        }

        File.AppendAllText(path, GeneratedLog.Lines(safe + 1, LawLines));
        await using LogSource source = LogSource.Open(path);
        await using CommitLog log = await OpenAsync(name);
        await SampleTopics.EnsureAsync(log, CancellationToken.None);
        await ResumePoint.FindAsync(log, source, CancellationToken.None);

        // The closing flushes them. A flush for each record would be most of the time of this law.
        ProducerOptions written = new() { Durability = Durability.Written };
        await using var requests = log.CreateProducer<string, AccessLine>(SampleTopics.Requests, written);
        await using var rejected = log.CreateProducer<string, RejectedLine>(SampleTopics.Rejected, written);
        for (int slot = 0; slot < complete.Length; slot++)
        {
            foreach (int line in complete[slot].Where(n => n > safe && n <= kept[slot]).Select(n => (int)n))
            {
                string text = GeneratedLog.Lines(line, line).TrimEnd('\n');
                Headers headers = LineHeaders.Of(source.Id, line);
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                if (CombinedLogParser.TryParse(bytes, out AccessLine? request, out string? reason))
                {
                    var record = new ProducerRecord<string, AccessLine>(request.Client, request)
                    {
                        Partition = slot,
                        Headers = headers,
                    };
                    await requests.ProduceAsync(record);
                }
                else
                {
                    var rejection = new RejectedLine(path, line, reason, text);
                    await rejected.ProduceAsync(
                        new ProducerRecord<string, RejectedLine>(source.Id, rejection) { Headers = headers });
                }
            }
        }
    }

    /// <summary>Runs the sample in this process and returns what it printed.</summary>
    private async Task<string> RunAsync(string data, params string[] rest)
    {
        string[] arguments = ["--data", _folder[data], .. rest];
        Assert.True(CommandLine.TryParse(arguments, out CommandLine? commandLine, out string? error), error);
        var output = new StringWriter { NewLine = "\n" };
        await new Sample(commandLine, output, TimeProvider.System).RunAsync(onTerminal: false, CancellationToken.None);
        return output.ToString();
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }

    private ValueTask<CommitLog> OpenAsync(string data) =>
        CommitLog.OpenAsync(_folder[data], new CommitLogOptions { JsonContexts = { AccessLogJson.Default } });

    /// <summary>The line numbers of a source, by partition of the requests, then those of the rejected lines.</summary>
    private async Task<List<long>[]> StoredAsync(string data, string name)
    {
        await using LogSource source = LogSource.Open(_folder[name]);
        await using CommitLog log = await OpenAsync(data);
        await SampleTopics.EnsureAsync(log, CancellationToken.None);
        await ResumePoint.FindAsync(log, source, CancellationToken.None);
        var stored = new List<long>[ResumePoint.RejectedSlot + 1];
        for (int slot = 0; slot < stored.Length; slot++)
        {
            stored[slot] = [];
            using PartitionScan scan = ResumePoint.PartitionOf(log, slot).Scan(0);
            while (scan.TryRead(out RecordView record))
            {
                if (LineHeaders.LineOf(record.Headers, Encoding.UTF8.GetBytes(source.Id)) is { } line)
                {
                    stored[slot].Add(line);
                }
            }
        }

        return stored;
    }

    private static string TotalsOf(string output)
    {
        int start = output.IndexOf("TOTALS OF ALL RUNS", StringComparison.Ordinal);
        return output[start..output.IndexOf("The data lie in", StringComparison.Ordinal)];
    }
}
