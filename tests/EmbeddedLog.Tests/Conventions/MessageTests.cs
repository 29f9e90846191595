using System.Buffers;
using System.Text.RegularExpressions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>What exceptions say, as it is read by somebody who does not know the code.</summary>
public sealed partial class MessageTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Append_TimestampTooFarAhead_SaysWhenAndHowFarInUnits() => _machine.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_machine);
        Topic topic = await log.CreateTopicAsync("t");
        DateTimeOffset now = _machine.Time.GetUtcNow();

        var failure = Assert.Throws<ArgumentOutOfRangeException>("record", () =>
            topic[0].Append(new RawRecord("v"u8) { Timestamp = now.AddHours(2).ToUnixTimeMilliseconds() }));

        Assert.Equal(
            $"The timestamp of a record for partition t-0, {now.AddHours(2):yyyy-MM-dd'T'HH:mm:ss.fff}Z, is more "
            + $"than 1 h ahead of the clock, {now:yyyy-MM-dd'T'HH:mm:ss.fff}Z, and would keep its segment for as long. "
            + "Nothing was appended. Correct it, or raise TopicOptions.MaxTimestampAhead. (Parameter 'record')",
            failure.Message);
    });

    [Fact]
    public void GetTopic_MistypedName_NamesTheNearest() => _machine.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_machine);
        await log.CreateTopicAsync("page-views");

        Assert.Contains(
            "There is no topic 'page-veiws'; the log has 'page-views'. Did you mean 'page-views'?",
            Assert.Throws<UnknownTopicException>(() => log.GetTopic("page-veiws")).Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            "Did you mean",
            Assert.Throws<UnknownTopicException>(() => log.CreateProducer<int, int>("orders")).Message,
            StringComparison.Ordinal);
    });

    [Fact]
    public void Seek_MistypedTopic_NamesTheNearestOfTheConsumers() => _machine.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_machine);
        await log.CreateTopicAsync("orders");
        await log.CreateTopicAsync("page-views");
        await using Consumer<string, string> consumer =
            log.CreateConsumer<string, string>(Subscription.Topics("orders", "page-views"));

        Assert.Equal(
            "The consumer reads topics 'orders' and 'page-views', not 'page-veiws'. Did you mean 'page-views'? Name "
            + "one of its partitions, see Assignment.",
            Assert.Throws<ArgumentException>(() => consumer.Pause(new TopicPartition("page-veiws", 0))).Message);
        Assert.DoesNotContain(
            "Did you mean",
            Assert.Throws<ArgumentException>(() => consumer.Pause(new TopicPartition("clicks", 0))).Message,
            StringComparison.Ordinal);
    });

    [Fact]
    public void Consumer_OutlivesItsLog_IsAdvisedToCloseTheLogLast() => _machine.Run(async () =>
    {
        CommitLog log = await OpenLog.OnAsync(_machine);
        Topic topic = await log.CreateTopicAsync("t");
        await log.DisposeAsync();

        string message = Assert.Throws<ObjectDisposedException>(() => topic[0].Append(new RawRecord("v"u8))).Message;
        Assert.Contains("Dispose the log last; to go on, open it again", message, StringComparison.Ordinal);
    });

    [Fact]
    public void Misuse_OfTopicsAndProducers_NamesTheTopicAndWhatToDo() => _machine.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_machine);
        Topic topic = await log.CreateTopicAsync("orders", new TopicOptions { Partitions = 2 });
        Producer<string, Endless> producer = log.CreateProducer<string, Endless>("orders", values: new Endless());
        List<(Exception Told, string Advice)> all =
        [
            (Assert.ThrowsAny<Exception>(() => topic[2]), "Name one of these."),
            (Assert.ThrowsAny<Exception>(() => topic[0].AppendBatch(new RecordBatch())), "add some before"),
            (Assert.ThrowsAny<Exception>(() => topic[0].FlushAsync(1).AsTask().Wait()), "Flush up to that at most."),
            (Assert.ThrowsAny<Exception>(() => topic.GetPartitionFor((string?)null)), "Ask with a key."),
            (Assert.ThrowsAny<Exception>(() => producer.Produce("k", new Endless())), "Split it."),
        ];
        await producer.DisposeAsync();
        all.Add((Assert.ThrowsAny<Exception>(() => producer.TryProduce(("k", new Endless()))), "Create another one"));

        Assert.All(all, each =>
        {
            Assert.Contains("orders", each.Told.Message, StringComparison.Ordinal);
            Assert.Contains(each.Advice, each.Told.Message, StringComparison.Ordinal);
        });
        Assert.Equal("orders", Assert.IsType<RecordTooLargeException>(all[4].Told).Topic);
    });

    [Fact]
    public void Options_Infinite_AreAcceptedOrRefusedAsInfinite()
    {
        TopicOptions topic = new() { Retention = new RetentionPolicy { MaxAge = Timeout.InfiniteTimeSpan } };
        Assert.Null(topic.ValidatedCopy().Retention.MaxAge);
        ConsumerOptions consumer = new() { CommitInterval = Timeout.InfiniteTimeSpan };
        Assert.Null(consumer.ValidatedCopy(group: null).CommitInterval);

        CommitLogOptions log = new() { RetentionCheckInterval = Timeout.InfiniteTimeSpan };
        Assert.Contains(
            "RetentionCheckInterval is infinite but must be from 1 ms to 1 day",
            Assert.Throws<ArgumentException>(() => log.ValidatedCopy()).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Every string that is put together in the sources: what a person reads is in units.</summary>
    [Fact]
    public void Sources_AllMessages_PutNumbersInUnits()
    {
        string src = RepositoryRoot.Locate("src", "EmbeddedLog");
        IEnumerable<string> offences =
            from file in Directory.EnumerateFiles(src, "*.cs", SearchOption.AllDirectories)
            where !Path.GetRelativePath(src, file).StartsWith("obj", StringComparison.Ordinal)
            from line in File.ReadLines(file)
            where !line.TrimStart().StartsWith("///", StringComparison.Ordinal) && RawUnits().IsMatch(line)
            select $"{Path.GetFileName(file)}: {line.Trim()}";

        Offences.AssertNone(offences);
    }

    [Theory]
    [InlineData("$\"more than {settings.MaxAheadMilliseconds} ms\"", true)]
    [InlineData("nameof(given),", true)]
    [InlineData("value.ToString(\"c\", CultureInfo.InvariantCulture)", true)]
    [InlineData("$\"cannot be read as {type}: \"", true)]
    [InlineData("$\"a record of {needed} bytes is larger\"", true)]
    [InlineData("$\"holds at most {MaxBytes}, not\"", true)]
    [InlineData("$\"{FormatLimits.MaxSegmentBytes} at most\"", true)]
    [InlineData("$\"at least {end + Seal.Bytes} bytes\"", true)]
    [InlineData("$\"{reader.Torn} other bytes\"", true)]
    [InlineData("\"a description\", $\"{file.Length}\"", true)]
    [InlineData("$\"There is no serializer for {type}, and\"", true)]
    [InlineData("$\"{Units.Size(needed)} of {nameof(MaxBytes)}\"", false)]
    [InlineData("$\"{Units.Number(reader.Torn)} other bytes\"", false)]
    [InlineData("if (MaxBytes is { } bytes and < 1)", false)]
    [InlineData("$\"{TypeText.Of(type)} has no form\"", false)]
    [InlineData("$\"more than {Units.Milliseconds(settings.MaxAheadMilliseconds)} ahead\"", false)]
    public void Sources_TheCheckItself_FindsOnlyWrongMessages(string line, bool raw) =>
        Assert.Equal(raw, RawUnits().IsMatch(line));

    [GeneratedRegex(
        @"\{[\w.]*(Milliseconds|Timestamp|Bytes|[fF]ile\.Length)\}|\{[^{}""(\s][^{}""(]*\} (other )?bytes"
        + @"|nameof\(given\)|ToString\(""c""|\{type\}")]
    private static partial Regex RawUnits();

    /// <summary>Without any of these files a log opens no more, so that none may be left out.</summary>
    [Theory]
    [InlineData("session")]
    [InlineData("closed")]
    [InlineData("topics/topic-1/topic.json")]
    [InlineData("topics/topic-1/0/manifest")]
    public async Task Open_DamagedSmallFile_AdvisesToPutAllFilesBack(string name)
    {
        using TempDirectory root = new();
        CommitLog log = await CommitLog.OpenAsync(root["log"]);
        (await log.CreateTopicAsync("topic"))[0].Append(new RawRecord("value"u8));
        await log.DisposeAsync();
        string path = Path.Combine(root["log"], name);
        await File.WriteAllBytesAsync(
            path, new byte[new FileInfo(path).Length], TestContext.Current.CancellationToken);

        CorruptLogException damaged = await OpenLog.FindDamageAsync(() => CommitLog.OpenAsync(root["log"]));
        bool isOfPartition = damaged.Partition is not null;
        File.Delete(path);
        Exception? later = await Record.ExceptionAsync(
            () => OpenLog.FindDamageAsync(() => CommitLog.OpenAsync(root["log"])));

        Assert.True(later is null or LogDirectoryException, $"{later}");
        Assert.Equal(name.EndsWith("manifest", StringComparison.Ordinal), isOfPartition);
        Assert.Contains(
            "Put back all files of the log from one backup, not some of them.",
            damaged.Message,
            StringComparison.Ordinal);
    }

    /// <summary>A value that is larger than any segment.</summary>
    private sealed class Endless : ISerializer<Endless>
    {
        public void Serialize(Endless value, IBufferWriter<byte> destination, in SerializationContext context) =>
            destination.GetSpan((1 << 30) + 1);
    }
}
