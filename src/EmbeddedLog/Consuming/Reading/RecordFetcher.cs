using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// Reads chunks of records out of partitions. It holds the consumer's epoch slot for the length of a call; the only
/// user code in a call are the deserializers. Only for the reader.
/// </summary>
internal sealed class RecordFetcher<TKey, TValue>
{
    /// <summary>
    /// A buffer starts at most this large and grows by doubling, so that a slow topic needs no large one.
    /// </summary>
    private const int FirstBufferRecords = 1024;

    private const long None = -1;

    private readonly RecordDecoder<TKey, TValue> _decoder;
    private readonly ReaderEpochs _readers;
    private readonly ReaderSlot _slot;

    public RecordFetcher(RecordDecoder<TKey, TValue> decoder, ReaderEpochs readers)
    {
        _decoder = decoder;
        _readers = readers;
        _slot = readers.Rent();
    }

    /// <summary>What is noted of the records beside them; null where no handlers are called.</summary>
    public FetchNotes? Notes { get; set; }

    /// <summary>
    /// Reads records of one partition into the beginning of a buffer, as many as there are, up to a number of records
    /// and about a number of bytes. A fault of a record throws when it is the first one.
    /// </summary>
    /// <returns>
    /// The number; zero if the first has just been removed, by retention or a recovery, or all were lost in a salvage.
    /// </returns>
    /// <exception cref="RecordDeserializationException">The first record cannot be deserialised.</exception>
    /// <exception cref="CorruptLogException">The first record is damaged.</exception>
    /// <exception cref="LogIOException">The medium failed to give the first record.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public int Fetch(in FetchPlan plan, ref Record<TKey, TValue>[] buffer, int maxRecords, long maxBytes)
    {
        PartitionCursor cursor = plan.Cursor;
        int wanted = (int)Math.Min(maxRecords, plan.Limit - plan.From);
        if (buffer.Length == 0)
        {
            buffer = new Record<TKey, TValue>[Math.Min(wanted, FirstBufferRecords)];
        }

        TopicPartition id = cursor.Log.Id;
        int epoch = cursor.Hold.Epoch;
        int count = 0;
        cursor.PassedTo = None;
        Notes?.Begin();
        try
        {
            using PartitionScan scan = new(
                cursor.Log, _slot, ownsSlot: false, cursor.ScanFrom(plan.From), plan.Truncations);
            for (long bytes = 0; count < wanted && bytes < maxBytes && scan.TryRead(out RecordView record); count++)
            {
                if (record.Offset >= plan.Limit)
                {
                    // A salvage has lost offsets before it, so there are fewer records than offsets. No further than
                    // the limit: a forged record would lead behind the end of the log, and from there back for ever.
                    cursor.Scanned = default;
                    cursor.PassedTo = Math.Min(record.Offset, plan.Limit);
                    return count;
                }

                if (count == buffer.Length)
                {
                    Array.Resize(ref buffer, (int)Math.Min(wanted, 2L * count));
                }

                buffer[count] = Notes is null
                    ? _decoder.Decode(id, epoch, record)
                    : DecodeNoted(id, epoch, record, count, buffer.Length);
                bytes += record.Key.Length + record.Value.Length;
            }

            cursor.Scanned = scan.Save();
            cursor.PassedTo = Math.Min(scan.Offset, plan.Limit);
        }
        catch (EmbeddedLogException) when (count > 0)
        {
            // The records before it are returned first; then this one is the first, and is read again.
            cursor.Scanned = default;
        }
        catch (LogTruncatedException)
        {
            // Reported by the choice of the next fetch, which moves the position.
            cursor.Scanned = default;
            return 0;
        }
        catch (OffsetUnavailableException) when (plan.From < cursor.Log.StartOffset)
        {
            return 0;
        }

        // Otherwise the slot could be given back while the scan uses it.
        GC.KeepAlive(this);
        return count;
    }

    private Record<TKey, TValue> DecodeNoted(
        in TopicPartition id, int epoch, scoped in RecordView record, int index, int capacity)
    {
        Record<TKey, TValue> decoded;
        RecordDeserializationException? fault = null;
        try
        {
            decoded = _decoder.Decode(id, epoch, record);
        }
        catch (RecordDeserializationException failure) when (Notes!.KeepsFaults)
        {
            fault = failure;
            decoded = RecordDecoder<TKey, TValue>.Unread(id, epoch, record, failure.Headers);
        }

        Notes!.Note(record, index, capacity, fault);
        return decoded;
    }

    /// <summary>The slot of a consumer that was not disposed and that nobody refers to.</summary>
    ~RecordFetcher()
    {
        // Null if there was no memory for it.
        if (_slot is not null)
        {
            _readers.Return(_slot);
        }
    }

    /// <summary>Releases the slot. No call may be under way, and none may follow.</summary>
    public void Release()
    {
#pragma warning disable CA1816 // It ends the reading, and disposes nothing that a using could.
        GC.SuppressFinalize(this);
#pragma warning restore CA1816
        _readers.Return(_slot);
    }
}
