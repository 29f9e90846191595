using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Writing;
using EmbeddedLog.Serialization;

namespace EmbeddedLog.Topics;

/// <summary>The open topics of a log. Changed by one caller at a time; read by anyone.</summary>
internal sealed class TopicSet
{
    private readonly PartitionFactory _factory;
    private readonly WorkQueue _work;
    private readonly FileSystemTraits _traits;
    private readonly SerdeResolver _serdes;

    /// <summary>By name; replaced as a whole, so that readers need no lock.</summary>
    private SortedDictionary<string, Topic> _byName = new(StringComparer.Ordinal);

    /// <summary>The same topics as a list; replaced together with the dictionary, after it.</summary>
    private Topic[] _all = [];

    /// <summary>
    /// One if topics or partitions came or went since the last <see cref="TellChange"/>. Set by the one who changes
    /// them; exchanged by who tells.
    /// </summary>
    private int _untold;

    /// <param name="factory">Opens partitions.</param>
    /// <param name="work">Opens and closes them side by side.</param>
    /// <param name="traits">What the file system can do.</param>
    /// <param name="serdes">Finds serializers of keys.</param>
    public TopicSet(PartitionFactory factory, WorkQueue work, FileSystemTraits traits, SerdeResolver serdes)
    {
        _serdes = serdes;
        _factory = factory;
        _work = work;
        _traits = traits;
    }

    /// <summary>The topics as of now, by name.</summary>
    public IReadOnlyList<Topic> All => Volatile.Read(ref _all);

    /// <summary>The partitions of all topics as of now.</summary>
    public IEnumerable<PartitionLog> Partitions =>
        All.SelectMany(topic => topic.Partitions).Select(partition => partition.Log);

    /// <summary>
    /// Raised after topics came or went, or got partitions, on the thread that changed them and under no lock: a
    /// handler looks at what there is now. Changes at about the same time may raise it once; after a failure, and while
    /// the log is being closed, it may be raised too. A handler must not throw.
    /// </summary>
    public event Action? PartitionsChanged;

    /// <summary>Raises <see cref="PartitionsChanged"/> if there is something to tell. Call it under no lock.</summary>
    public void TellChange()
    {
        if (Interlocked.Exchange(ref _untold, 0) != 0)
        {
            PartitionsChanged?.Invoke();
        }
    }

    /// <summary>Finds a topic by its name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Topic? topic) =>
        Volatile.Read(ref _byName).TryGetValue(name, out topic);

    /// <summary>Opens a topic's partitions and adds it. A damaged one is there, and fails each use.</summary>
    /// <param name="stored">The topic.</param>
    /// <param name="explain">Adds to a partition's failure what the log's directory tells about it.</param>
    /// <exception cref="FileSystemException">The file system failed; those opened before were closed again.</exception>
    public void Add(StoredTopic stored, Func<CorruptLogException, CorruptLogException> explain)
    {
        PartitionLog?[] opened = new PartitionLog?[stored.Options.Partitions];
        try
        {
            for (int i = 0; i < opened.Length; i++)
            {
                opened[i] = _factory.OpenOrFail(IdentityOf(stored, i), SettingsOf(stored.Options), explain);
            }
        }
        catch
        {
            Abandon(opened);
            throw;
        }

        Publish(stored, opened);
    }

    /// <summary>
    /// As <see cref="Add"/>, for a topic that was just made: every partition writes its first files and waits for the
    /// disk, so that many are opened side by side.
    /// </summary>
    public async ValueTask<Topic> AddNewAsync(StoredTopic stored)
    {
        return Publish(stored, await OpenNewAsync(stored, 0, stored.Options.Partitions).ConfigureAwait(false));
    }

    /// <summary>
    /// Opens partitions whose directories were just made, from those that a topic has up to a total. They are no part
    /// of it until <see cref="Grow"/>.
    /// </summary>
    public ValueTask<PartitionLog[]> OpenAddedAsync(StoredTopic stored, int total) =>
        OpenNewAsync(stored, stored.Options.Partitions, total);

    /// <summary>Adds opened partitions to a topic whose description counts them.</summary>
    public void Grow(Topic topic, StoredTopic larger, PartitionLog[] added)
    {
        topic.Replace(larger, [.. topic.Current.Partitions, .. added.Select(log => new OwnedPartition(log))]);
        Volatile.Write(ref _untold, 1);
    }

    /// <summary>Closes new partitions that become no part of a topic.</summary>
    public static void AbandonNew(PartitionLog?[] opened)
    {
        ClosingSteps steps = new();
        foreach (PartitionLog? log in opened)
        {
            steps.Do(() => log?.Abandon());
            steps.Do(() => log?.Forget());
        }
    }

    /// <summary>Applies changed options to a topic.</summary>
    public void Apply(Topic topic, StoredTopic changed)
    {
        PartitionSettings settings = SettingsOf(changed.Options);
        topic.Replace(changed, topic.Current.Partitions);
        foreach (OwnedPartition partition in topic.Partitions)
        {
            partition.Log.Settings = settings;
        }
    }

    /// <summary>Takes a topic away and closes its partitions.</summary>
    public async ValueTask RemoveAsync(Topic topic)
    {
        SortedDictionary<string, Topic> rest = new(_byName, StringComparer.Ordinal);
        rest.Remove(topic.Name);
        Publish(rest);
        foreach (OwnedPartition partition in topic.Partitions)
        {
            partition.Log.MarkDeleted();
        }

        await CloseAsync(topic, how: default).ConfigureAwait(false);
        foreach (OwnedPartition partition in topic.Partitions)
        {
            partition.Log.Forget();
        }
    }

    /// <summary>Waits until everything that was appended before the call is on the disk.</summary>
    /// <exception cref="PartitionFailedException">A flush failed; the others were waited for.</exception>
    /// <exception cref="CorruptLogException">A partition is damaged; the others were flushed.</exception>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        // All are asked first, so that they flush side by side.
        List<Task> flushes = [];
        foreach (Topic topic in All)
        {
            foreach (OwnedPartition partition in topic.Partitions)
            {
                flushes.Add(partition.FlushAsync(cancellationToken).AsTask());
            }
        }

        return Task.WhenAll(flushes);
    }

    /// <summary>Closes all topics; true where everything is on the disk and told so.</summary>
    public async ValueTask<bool> CloseAsync(WaitMode how = default)
    {
        ClosingSteps steps = new();
        bool clean = true;
        foreach (Topic topic in _all)
        {
            await steps.DoAsync(async () => clean &= await CloseAsync(topic, how).ConfigureAwait(false))
                .ConfigureAwait(false);
        }

        steps.ThrowIfAny();
        return clean;
    }

    /// <summary>Where the topics are, and those of the log itself, for the list that a clean close leaves.</summary>
    public IReadOnlyList<ClosedTopic> DescribeClosed(ClosedTopic groups) =>
        [.. All.Select(topic => ClosedTopics.Describe(topic.Stored)), groups];

    /// <summary>Refuses stores to a map where the file system cannot promise a block behind every page.</summary>
    /// <exception cref="ArgumentException">The topic asks for them.</exception>
    public void CheckWriteMode(string name, TopicOptions options)
    {
        if (options.WriteMode == WriteMode.Mapped && !_traits.CanMap)
        {
            throw new ArgumentException(
                $"Topic '{name}' cannot use {nameof(WriteMode)}.{nameof(WriteMode.Mapped)} on {_traits.Name}: a store "
                + $"to a page without space would end the process. Use {nameof(WriteMode)}.{nameof(WriteMode.Auto)}.",
                nameof(options));
        }
    }

    private static PartitionIdentity IdentityOf(StoredTopic stored, int partition) => new(
        new TopicPartition(stored.Name, partition),
        stored.Uid,
        TopicStore.PartitionDirectory(stored.Directory, partition));

    private async ValueTask<PartitionLog[]> OpenNewAsync(StoredTopic stored, int from, int to)
    {
        PartitionLog?[] opened = new PartitionLog?[to - from];
        try
        {
            await BoundedParallel.RunAsync(
                _work,
                opened.Length,
                i => opened[i] = _factory.Open(
                    IdentityOf(stored, from + i), SettingsOf(stored.Options), isNew: true))
                .ConfigureAwait(false);
            return opened!;
        }
        catch
        {
            AbandonNew(opened);
            throw;
        }
    }

    private static void Abandon(PartitionLog?[] opened)
    {
        // The failure that led here is the one to tell.
        ClosingSteps steps = new();
        foreach (PartitionLog? log in opened)
        {
            steps.Do(() => log?.Abandon());
        }
    }

    private async ValueTask<bool> CloseAsync(Topic topic, WaitMode how)
    {
        // Side by side, for each waits for the disk; in order, so that a simulation repeats itself.
        OwnedPartition[] partitions = topic.Current.Partitions;
        Task<bool>[] closing = new Task<bool>[partitions.Length];
        if (how.Blocks)
        {
            foreach (OwnedPartition partition in partitions)
            {
                if (!partition.Log.IsDamaged && partition.DurableOffset < partition.EndOffset)
                {
                    partition.Log.RequestFlush();
                }
            }

            await how.For(BoundedParallel.RunAsync(_work, closing.Length, Close)).ConfigureAwait(false);
        }
        else
        {
            for (int i = 0; i < closing.Length; i++)
            {
                Close(i);
            }
        }

        ClosingSteps steps = new();
        bool clean = true;
        foreach (Task<bool> each in closing)
        {
            await steps.DoAsync(async () => clean &= await each.ConfigureAwait(false)).ConfigureAwait(false);
        }

        steps.ThrowIfAny();
        return clean;

        void Close(int i) => closing[i] = partitions[i].Log.CloseAsync(how).AsTask();
    }

    private PartitionSettings SettingsOf(TopicOptions options) => new(
        options.SegmentBytes,
        Milliseconds(options.SegmentAge),
        options.EffectiveMaxRecordBytes,
        options.FlushInterval == Timeout.InfiniteTimeSpan ? null : options.FlushInterval,
        options.TimestampType == TimestampType.LogAppendTime,
        Milliseconds(options.MaxTimestampAhead),
        options.Retention,
        WriteModePolicy.IsPositional(options.WriteMode, _traits));

    private static long Milliseconds(TimeSpan time) =>
        time == Timeout.InfiniteTimeSpan ? long.MaxValue : (long)time.TotalMilliseconds;

    private Topic Publish(StoredTopic stored, PartitionLog?[] opened)
    {
        Topic topic = new(stored, [.. opened.Select(log => new OwnedPartition(log!))], _serdes);
        Publish(new SortedDictionary<string, Topic>(_byName, StringComparer.Ordinal) { [stored.Name] = topic });
        return topic;
    }

    private void Publish(SortedDictionary<string, Topic> byName)
    {
        Volatile.Write(ref _byName, byName);
        Volatile.Write(ref _all, [.. byName.Values]);
        Volatile.Write(ref _untold, 1);
    }
}
