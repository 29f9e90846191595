using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Segments.Reading;

/// <summary>What is kept in memory to find offsets.</summary>
public sealed class LoadedIndexesTests : IDisposable
{
    private const int Segments = 6;

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void Loaded_BeyondTheBound_DropsWhatWasLoadedFirst() => _simulation.Run(async () =>
    {
        await using TopicFixture topic = WithSegments();
        SegmentIndexHolder[] slots = [.. topic.Log.Segments.Items[..3].ToArray().Select(segment => segment.Index)];
        long each = slots[0].Get().Bytes;
        LoadedIndexes indexes = new(2 * each);

        foreach (SegmentIndexHolder slot in slots)
        {
            _ = slot.Get();
            indexes.Loaded(slot, each);
        }

        Assert.Equal([false, true, true], slots.Select(slot => slot.IsLoaded));
        Assert.Equal(2 * each, indexes.Bytes);
    });

    [Fact]
    public void Loaded_OneBeyondTheBoundByItself_StaysUntilTheNext() => _simulation.Run(async () =>
    {
        await using TopicFixture topic = WithSegments();
        SegmentIndexHolder first = topic.Log.Segments.Items[0].Index;
        SegmentIndexHolder second = topic.Log.Segments.Items[1].Index;
        LoadedIndexes indexes = new(1);
        _ = first.Get();
        indexes.Loaded(first, 100);
        Assert.True(first.IsLoaded);

        _ = second.Get();
        indexes.Loaded(second, 200);

        Assert.Equal((false, true, 200), (first.IsLoaded, second.IsLoaded, indexes.Bytes));
    });

    [Fact]
    public void Loaded_DroppedAndLoadedAgain_CountsOnce() => _simulation.Run(async () =>
    {
        await using TopicFixture topic = WithSegments();
        LoadedIndexes indexes = topic.Segments.Indexes;
        SegmentIndexHolder slot = topic.Log.Segments.Items[0].Index;
        slot.Drop();
        long before = indexes.Bytes;
        long bytes = slot.Get().Bytes;
        Assert.Equal(before + bytes, indexes.Bytes);

        slot.Drop();
        Assert.Equal(before, indexes.Bytes);

        // From the file now, which the first loading has written, with less room to spare.
        bytes = slot.Get().Bytes;
        slot.Load(topic.Log.Segments.Items[0].EndOffset, topic.Log.Segments.Items[0].EndPosition);

        Assert.Equal(before + bytes, indexes.Bytes);
    });

    [Fact]
    public void Open_ActiveSegmentIsContinued_ItsIndexIsNotCounted() => _simulation.Run(async () =>
    {
        TopicFixture topic = WithSegments();
        Assert.True(await topic.CloseAsync());
        await using TopicFixture again = new(
            _simulation.Platform, OpenLog.Directory, settings: PartitionFixture.Settings(16 << 10));

        again.Append(0);

        Assert.True(again.Log.Segments.Last!.Index.IsLoaded);
        Assert.Equal(0, again.Segments.Indexes.Bytes);
    });

    public void Dispose() => _simulation.Dispose();

    private TopicFixture WithSegments()
    {
        TopicFixture topic = TopicFixture.On(_simulation, settings: PartitionFixture.Settings(16 << 10));
        for (int i = 0; topic.Log.Segments.Count < Segments; i++)
        {
            topic.Append(i);
        }

        return topic;
    }
}
