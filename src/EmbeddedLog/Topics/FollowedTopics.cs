using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Errors;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Following;
using EmbeddedLog.Following.Control;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Serialization;

namespace EmbeddedLog.Topics;

/// <summary>
/// The topics of a log that another process owns, which makes, changes and deletes them. All members are safe to call
/// from any thread.
/// </summary>
internal sealed class FollowedTopics
{
    /// <summary>How often descriptions are looked at that change while they are read.</summary>
    private const int MaxAttempts = 10;

    private readonly SegmentResources _segments;
    private readonly ObjectPool<AsyncWaiter> _waiters;
    private readonly string _directory;
    private readonly TopicReader _reader;
    private readonly ControlView _view;
    private readonly FollowPoller _poller;
    private readonly SerdeResolver _serdes;
    private readonly Lock _gate = new();

    /// <summary>By name; replaced as a whole under the gate, read by anyone.</summary>
    private SortedDictionary<string, ReadOnlyTopic> _byName = new(StringComparer.Ordinal);

    /// <summary>What the last look went by; null where there was nothing to go by. Under the gate.</summary>
    private (ControlPage Page, ulong Word, long Topics)? _seen;

    /// <summary>Null before the first use. Under the gate.</summary>
    private FollowedPartition? _offsets;

    /// <summary>Under the gate.</summary>
    private bool _closed;

    public FollowedTopics(
        SegmentResources segments,
        ObjectPool<AsyncWaiter> waiters,
        string directory,
        ControlView view,
        FollowPoller poller,
        SerdeResolver serdes)
    {
        _serdes = serdes;
        _segments = segments;
        _waiters = waiters;
        _directory = directory;
        _reader = new TopicReader(segments.Platform.Files, directory);
        _view = view;
        _poller = poller;
    }

    /// <summary>The topics as of the last look, by name.</summary>
    public SortedDictionary<string, ReadOnlyTopic> Known => Volatile.Read(ref _byName);

    /// <summary>The partition that holds what groups have committed, followed from the first use on.</summary>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public FollowedPartition Offsets
    {
        get
        {
            lock (_gate)
            {
                ThrowIfClosedUnsynchronized();
                if (_offsets is null)
                {
                    PartitionIdentity identity = new(
                        new TopicPartition(OffsetStore.TopicName, 0),
                        OffsetStore.TopicUid,
                        Path.Combine(_directory, OffsetStore.DirectoryName));
                    _offsets = new FollowedPartition(
                        _segments, _waiters, identity, _view, _poller, OffsetStore.SegmentBytes, () => true);
                    _poller.Add([_offsets]);
                }

                return _offsets;
            }
        }
    }

    /// <summary>The topics as of now, by name.</summary>
    /// <exception cref="CorruptLogException">A topic's description is missing or makes no sense.</exception>
    /// <exception cref="LogIOException">The file system failed.</exception>
    public SortedDictionary<string, ReadOnlyTopic> Look()
    {
        lock (_gate)
        {
            ThrowIfClosedUnsynchronized();
            (ControlPage Page, ulong Word, long Topics)? now = _view.Current is { } page
                ? (page, page.Word, page.Topics)
                : null;
            if (now is null || now != _seen || ControlLayout.StateOf(now.Value.Word) == ControlState.Opening)
            {
                Load();
                _seen = now;
            }

            return _byName;
        }
    }

    /// <summary>
    /// The partitions that are known, each as its owner has it now, so that what was removed is let go of.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public IReadOnlyList<FollowedPartition> LookAtPartitions()
    {
        List<FollowedPartition> partitions = [];
        lock (_gate)
        {
            ThrowIfClosedUnsynchronized();
            foreach (ReadOnlyTopic topic in _byName.Values)
            {
                partitions.AddRange(PartitionsOf(topic));
            }
        }

        partitions.ForEach(partition => partition.Poll());
        return partitions;
    }

    /// <summary>Closes all partitions.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _offsets?.Close();
            foreach (ReadOnlyTopic topic in _byName.Values)
            {
                foreach (FollowedPartition partition in PartitionsOf(topic))
                {
                    partition.Close();
                }
            }
        }
    }

    private void ThrowIfClosedUnsynchronized()
    {
        if (_closed)
        {
            throw SharedErrors.Disposed();
        }
    }

    private void Load()
    {
        SortedDictionary<string, ReadOnlyTopic> topics = new(StringComparer.Ordinal);
        foreach (StoredTopic stored in ReadStored())
        {
            topics[stored.Name] = Keep(stored) ?? Open(stored);
        }

        foreach ((string name, ReadOnlyTopic topic) in _byName)
        {
            if (!topics.TryGetValue(name, out ReadOnlyTopic? kept) || kept != topic)
            {
                Drop(topic.Partitions);
            }
        }

        Volatile.Write(ref _byName, topics);
    }

    private List<StoredTopic> ReadStored()
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                SessionState session = _view.ReadState();
                List<StoredTopic> topics = _reader.LoadShared();
                ClosedTopics.Check(_segments.Platform.Files, _directory, session, topics);
                return topics;
            }
            catch (Exception failure) when (
                failure is CorruptLogException or FileSystemException && attempt < MaxAttempts)
            {
                // The owner may be in the middle of it.
            }
            catch (FileSystemException failure)
            {
                throw FileErrors.Translate(failure);
            }
        }
    }

    private ReadOnlyTopic? Keep(StoredTopic stored)
    {
        if (!_byName.TryGetValue(stored.Name, out ReadOnlyTopic? topic) || topic.Stored.Uid != stored.Uid)
        {
            return null;
        }

        // An addition that the owner could not complete may have been seen.
        LogPartition[] known = topic.Current.Partitions;
        LogPartition[] kept = [.. known.Take(stored.Options.Partitions)];
        topic.Replace(stored, [.. kept, .. Open(stored, kept.Length)]);
        Drop([.. known.Skip(kept.Length)]);
        return topic;
    }

    private ReadOnlyTopic Open(StoredTopic stored) => new(stored, Open(stored, from: 0), _serdes);

    private LogPartition[] Open(StoredTopic stored, int from)
    {
        FollowedPartition[] partitions = new FollowedPartition[Math.Max(0, stored.Options.Partitions - from)];
        for (int i = 0; i < partitions.Length; i++)
        {
            PartitionIdentity identity = new(
                new TopicPartition(stored.Name, from + i),
                stored.Uid,
                TopicStore.PartitionDirectory(stored.Directory, from + i));
            partitions[i] = new FollowedPartition(
                _segments,
                _waiters,
                identity,
                _view,
                _poller,
                stored.Options.SegmentBytes,
                () => Exists(stored));
        }

        _poller.Add(partitions);
        return [.. partitions.Select(partition => new LogPartition(partition))];
    }

    /// <summary>Whether a topic is still there, for a partition of it that finds no files.</summary>
    private bool Exists(StoredTopic stored)
    {
        try
        {
            return _reader.Exists(stored);
        }
        catch (Exception failure) when (failure is CorruptLogException or FileSystemException)
        {
            return true;
        }
    }

    /// <summary>Who still reads the partitions, or waits, is told by them; nothing else keeps them.</summary>
    private void Drop(IReadOnlyList<LogPartition> gone)
    {
        HashSet<FollowedPartition> partitions = [.. Sources(gone)];
        _poller.Remove(partitions);
        foreach (FollowedPartition partition in partitions)
        {
            partition.Drop();
        }
    }

    private static IEnumerable<FollowedPartition> PartitionsOf(ReadOnlyTopic topic) =>
        Sources(topic.Partitions);

    private static IEnumerable<FollowedPartition> Sources(IReadOnlyList<LogPartition> partitions) =>
        partitions.Select(partition => (FollowedPartition)partition.Source);
}
