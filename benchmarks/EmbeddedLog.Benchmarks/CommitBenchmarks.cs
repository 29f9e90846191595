using BenchmarkDotNet.Attributes;

namespace EmbeddedLog.Benchmarks;

/// <summary>A commit of one partition's offset.</summary>
[MemoryDiagnoser]
public class CommitBenchmarks
{
    private ScratchLog _scratch = null!;
    private Consumer<string?, byte[]> _consumer = null!;
    private TopicPartition _partition;
    private long _next;

    /// <summary>The level at which a commit is acknowledged.</summary>
    [Params(Durability.Written, Durability.Flushed)]
    public Durability Durability { get; set; }

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _scratch = await ScratchLog.OpenAsync();
        for (int i = 0; i < 2; i++)
        {
            _scratch.Topic[0].Append(new RawRecord(new byte[100]));
        }

        _partition = _scratch.Topic[0].TopicPartition;
        _consumer = _scratch.Log.CreateConsumer<string?, byte[]>(
            "topic", "group", new ConsumerOptions { CommitDurability = Durability });
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _consumer.DisposeAsync();
        await _scratch.DisposeAsync();
    }

    [Benchmark]
    public async Task CommitAsync()
    {
        _next = 1 - _next;
        await _consumer.CommitAsync(new NextOffset(new(_partition.Topic, _partition.Partition), _next));
    }
}
