using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Writing;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.State;

/// <summary>
/// Values by key, in a partition of the log and, all of them, in memory: each change is a record, the last one of a key
/// counts, and a tombstone removes it. The partition is compacted when most of it is history. Safe to call from any
/// thread. Members that end in <c>Unsynchronized</c> are called under the <see cref="Gate"/>, so that a caller can
/// check and change in one step.
/// </summary>
/// <remarks>
/// A change that returns is <see cref="Durability.Written"/>; one that throws has changed nothing. A loss of power can
/// take the last changes that were not flushed. The state that is loaded then is that of an earlier moment.
/// </remarks>
internal sealed class StateLog<TKey, TValue, TSchema>
    where TKey : notnull
    where TSchema : struct, IStateSchema<TKey, TValue>
{
    /// <summary>The size of the partition's segments.</summary>
    public const int SegmentBytes = 1 << 20;

    /// <summary>
    /// A batch is appended when it has this many bytes, so that a snapshot delays changes only briefly.
    /// </summary>
    private const int MaxBatchBytes = 64 << 10;

    /// <summary>Values up to this size are encoded on the stack.</summary>
    private const int MaxStackBytes = 256;

    private readonly StateTime _time;
    private readonly AppendClock _clock;
    private readonly StateCompaction _compaction;

    /// <summary>All present values. Under the gate, as the batch.</summary>
    private readonly Dictionary<TKey, StateEntry<TValue>> _entries;

    private readonly RecordBatch _batch = new();

    private StateLog(PartitionLog log, StateTime time, AppendClock clock, WorkQueue work, ILogger logger)
    {
        Log = log;
        _time = time;
        _clock = clock;
        _entries = StateLoading.Load<TKey, TValue, TSchema>(log);
        _compaction = new StateCompaction(log, work, AppendSnapshot, TSchema.LogNotCompacted, logger);
    }

    /// <summary>The partition.</summary>
    public PartitionLog Log { get; }

    /// <summary>Over all entries. Held for the length of an append, never for a flush.</summary>
    public Lock Gate { get; } = new();

    /// <summary>How many keys have a value.</summary>
    public int Count
    {
        get
        {
            lock (Gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The time of the last <see cref="ReadClock"/>, in Unix milliseconds.</summary>
    public long Now => _clock.Now;

    /// <summary>Opens a state, or makes an empty one.</summary>
    /// <param name="factory">Opens its partition.</param>
    /// <param name="platform">The system.</param>
    /// <param name="logger">Logs failures.</param>
    /// <param name="directory">The partition's directory.</param>
    /// <exception cref="CorruptLogException">There is damage that no crash can explain.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static StateLog<TKey, TValue, TSchema> Open(
        PartitionFactory factory, Platform platform, ILogger logger, string directory)
    {
        FileSystem files = platform.Files;
        if (!files.DirectoryExists(directory))
        {
            files.CreateDirectory(directory);
            files.SyncDirectory(Path.GetDirectoryName(directory)!);
        }

        StateTime time = new(new AppendClock(platform.Time));
        AppendClock clock = new(time);
        PartitionIdentity identity = new(new TopicPartition(TSchema.TopicName, 0), TSchema.TopicUid, directory);
        PartitionSettings settings = Settings(files.GetTraits(directory));
        PartitionLog log = factory.OpenForAppendsUnderLocks(identity, settings, clock);
        try
        {
            return new StateLog<TKey, TValue, TSchema>(log, time, clock, platform.Work, logger);
        }
        catch
        {
            log.Abandon();
            throw;
        }
    }

    /// <summary>
    /// Reads the clock for the changes that follow. A changing thread calls this first, before it takes any lock.
    /// </summary>
    public void ReadClock() => _time.Read();

    /// <summary>The keys that have a value.</summary>
    public IReadOnlyCollection<TKey> KeysUnsynchronized => _entries.Keys;

    /// <summary>The value of a key, if it has one.</summary>
    public bool TryGetUnsynchronized(in TKey key, out TValue value)
    {
        bool found = _entries.TryGetValue(key, out StateEntry<TValue>? entry);
        value = found ? entry!.Value : default!;
        return found;
    }

    /// <summary>Gives a key a value.</summary>
    /// <returns>What to hand to <see cref="FlushAsync"/> for that to be <see cref="Durability.Flushed"/>.</returns>
    /// <exception cref="ArgumentException">Key or value are too long.</exception>
    public long SetUnsynchronized(in TKey key, in TValue value)
    {
        StateEntry<TValue> entry = EntryUnsynchronized(key);
        int length = Measure(value);
        Span<byte> bytes = length <= MaxStackBytes ? stackalloc byte[length] : new byte[length];
        TSchema.EncodeValue(value, bytes);
        long offset = Log.Append(new RawRecord(entry.Key, bytes), out _);
        KeepUnsynchronized(key, entry, value);
        _compaction.StartIfDue(_entries.Count);
        return offset + 1;
    }

    /// <summary>
    /// Gives several keys values, otherwise as for one. All or none of them, unless they are so many that they take
    /// more than one batch.
    /// </summary>
    public long SetUnsynchronized(IReadOnlyList<KeyValuePair<TKey, TValue>> changes)
    {
        List<StateEntry<TValue>> entries = new(changes.Count);
        foreach ((TKey key, TValue value) in changes)
        {
            entries.Add(EntryUnsynchronized(key));
            Measure(value);
        }

        long end = Log.PublishedEnd;
        for (int i = 0, first = 0; i < changes.Count; i++)
        {
            AddToBatchUnsynchronized(entries[i].Key, changes[i].Value);
            if (_batch.Bytes < MaxBatchBytes && i < changes.Count - 1)
            {
                continue;
            }

            end = AppendBatchUnsynchronized();
            for (; first <= i; first++)
            {
                KeepUnsynchronized(changes[first].Key, entries[first], changes[first].Value);
            }
        }

        _compaction.StartIfDue(_entries.Count);
        return end;
    }

    /// <summary>
    /// Removes keys, at once in memory, then on the disk. If this throws, the next opening finds them again.
    /// </summary>
    public void RemoveUnsynchronized(IReadOnlyCollection<TKey> keys)
    {
        List<byte[]> removed = [];
        foreach (TKey key in keys)
        {
            if (_entries.Remove(key, out StateEntry<TValue>? entry))
            {
                entry.IsRemoved = true;
                removed.Add(entry.Key);
            }
        }

        foreach (byte[] key in removed)
        {
            _batch.Add(RawRecord.Tombstone(key));
            if (_batch.Bytes >= MaxBatchBytes)
            {
                AppendBatchUnsynchronized();
            }
        }

        AppendBatchUnsynchronized();
    }

    /// <summary>
    /// Changes the value of a key that has one, in memory only, if it is found invalid after loading. On the disk it
    /// stays until it is set, or compacted.
    /// </summary>
    public void AmendUnsynchronized(in TKey key, in TValue value) => _entries[key].Value = value;

    /// <summary>Removes a key in memory only; the next compaction drops it.</summary>
    public void ForgetUnsynchronized(in TKey key) => _entries.Remove(key);

    /// <summary>Waits until changes are <see cref="Durability.Flushed"/>.</summary>
    public ValueTask FlushAsync(long upTo, CancellationToken cancellationToken) =>
        Log.FlushAsync(upTo, cancellationToken);

    /// <summary>The same for changes that no user waits for.</summary>
    public ValueTask FlushOwnAsync(long upTo, WaitMode how)
    {
        if (!how.Blocks)
        {
            return Log.FlushAssuredAsync(upTo, CancellationToken.None);
        }

        Log.Flush(upTo);
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes everything after a failed opening.</summary>
    public void Abandon() => Log.Abandon();

    /// <summary>Flushes and closes; true if everything is on the disk and marked so.</summary>
    public async ValueTask<bool> CloseAsync(WaitMode how = default)
    {
        ClosingSteps steps = new();
        bool clean = false;
        await steps.DoAsync(() => how.For(_compaction.StopAsync())).ConfigureAwait(false);
        await steps.DoAsync(async () => clean = await Log.CloseAsync(how).ConfigureAwait(false)).ConfigureAwait(false);
        steps.ThrowIfAny();
        return clean;
    }

    /// <summary>Appends all present values again; returns the offset from which on the copies are complete.</summary>
    private long AppendSnapshot()
    {
        StateEntry<TValue>[] entries;
        long first;
        ReadClock();
        lock (Gate)
        {
            first = Log.PublishedEnd;
            entries = [.. _entries.Values];
        }

        // Later changes are behind the first offset anyway. Each batch has the values of its moment, under the gate of
        // the changes, so an older value never follows a newer one.
        int next = 0;
        while (next < entries.Length)
        {
            lock (Gate)
            {
                while (next < entries.Length && _batch.Bytes < MaxBatchBytes)
                {
                    StateEntry<TValue> entry = entries[next++];
                    if (!entry.IsRemoved)
                    {
                        AddToBatchUnsynchronized(entry.Key, entry.Value);
                    }
                }

                AppendBatchUnsynchronized();
            }
        }

        return first;
    }

    private static PartitionSettings Settings(FileSystemTraits traits) => new(
        SegmentBytes,
        SegmentAgeMilliseconds: long.MaxValue,
        MaxRecordBytes: TSchema.MaxKeyBytes + TSchema.MaxValueBytes,
        FlushInterval: TimeSpan.FromSeconds(1),
        AppendTime: true,
        MaxAheadMilliseconds: long.MaxValue,
        RetentionPolicy.KeepForever,
        Positional: WriteModePolicy.IsPositional(WriteMode.Auto, traits));

    /// <summary>The entry of a key; a new one is not in the state yet.</summary>
    private StateEntry<TValue> EntryUnsynchronized(in TKey key)
    {
        if (_entries.TryGetValue(key, out StateEntry<TValue>? entry))
        {
            return entry;
        }

        byte[] bytes = TSchema.EncodeKey(key);
        return bytes.Length <= TSchema.MaxKeyBytes
            ? new StateEntry<TValue>(bytes)
            : throw StateErrors.TooLong("key", bytes.Length, TSchema.MaxKeyBytes);
    }

    private static int Measure(in TValue value)
    {
        int length = TSchema.MeasureValue(value);
        return length <= TSchema.MaxValueBytes
            ? length
            : throw StateErrors.TooLong("value", length, TSchema.MaxValueBytes);
    }

    private void KeepUnsynchronized(in TKey key, StateEntry<TValue> entry, in TValue value)
    {
        if (entry.IsNew)
        {
            _entries[key] = entry;
        }

        entry.Value = value;
    }

    private void AddToBatchUnsynchronized(byte[] key, in TValue value)
    {
        int length = TSchema.MeasureValue(value);
        Span<byte> bytes = length <= MaxStackBytes ? stackalloc byte[length] : new byte[length];
        TSchema.EncodeValue(value, bytes);
        _batch.Add(new RawRecord(key, bytes));
    }

    /// <summary>Appends and clears the batch, also when it fails; returns the end of the log behind it.</summary>
    private long AppendBatchUnsynchronized()
    {
        try
        {
            return _batch.Count == 0 ? Log.PublishedEnd : Log.Append(_batch, out _) + _batch.Count;
        }
        finally
        {
            _batch.Clear();
        }
    }
}
