using EmbeddedLog.Handling;
using EmbeddedLog.Partitioning;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// What is noted of records beside the records themselves as they are read, for a loop with handlers. Only for the
/// reader.
/// </summary>
/// <param name="keepsFaults">Whether a record that cannot be read is noted as such, instead of failing the
/// read.</param>
/// <param name="keepsRaw">Whether the bytes of keys and values are kept.</param>
internal sealed class FetchNotes(bool keepsFaults, bool keepsRaw)
{
    /// <summary>A larger buffer for bytes is used for one chunk only.</summary>
    private const int MaxKeptBytes = 4 << 20;

    private RecordTraits[] _traits = [];

    /// <summary>The keys and values of a chunk, one after the other, up to <see cref="_rawLength"/>.</summary>
    private byte[] _raw = [];
    private int _rawLength;

    /// <summary>Whether a record that cannot be read is noted as such, instead of failing the read.</summary>
    public bool KeepsFaults => keepsFaults;

    /// <summary>What the handling of the records depends on, by their places in the chunk.</summary>
    public RecordTraits[] Traits => _traits;

    /// <summary>The bytes that the traits refer to; nothing where none are kept.</summary>
    public ReadOnlyMemory<byte> Raw => _raw;

    /// <summary>Begins a chunk: what was noted of the last one is not needed any more.</summary>
    public void Begin()
    {
        _rawLength = 0;
        if (_raw.Length > MaxKeptBytes)
        {
            _raw = [];
        }
    }

    /// <summary>Notes a record.</summary>
    /// <param name="record">The record as stored.</param>
    /// <param name="index">Its place in the chunk.</param>
    /// <param name="capacity">How many records the chunk may have.</param>
    /// <param name="fault">Why it cannot be read; null where it can.</param>
    public void Note(scoped in RecordView record, int index, int capacity, RecordDeserializationException? fault)
    {
        if (_traits.Length < capacity)
        {
            Array.Resize(ref _traits, capacity);
        }

        // The length beside the 32 bits of the hash tells more keys apart.
        ReadOnlySpan<byte> key = record.Key;
        ReadOnlySpan<byte> value = record.Value;
        _traits[index] = new RecordTraits(
            record.HasKey ? ((ulong)key.Length << 32) | (uint)Murmur2.Hash(key) : null,
            (long)key.Length + value.Length + record.Headers.Length,
            key.Length,
            value.Length,
            keepsRaw && fault is null ? Keep(key, value) : 0,
            fault);
    }

    /// <summary>Nothing here keeps alive what was noted of some records.</summary>
    public void Forget(int from, int count)
    {
        if (keepsFaults)
        {
            _traits.AsSpan(from, count).Clear();
        }
    }

    private int Keep(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        int at = _rawLength;
        int end = checked(at + key.Length + value.Length);
        if (end > _raw.Length)
        {
            Array.Resize(ref _raw, (int)Math.Min(Array.MaxLength, Math.Max(2L * _raw.Length, end)));
        }

        key.CopyTo(_raw.AsSpan(at));
        value.CopyTo(_raw.AsSpan(at + key.Length));
        _rawLength = end;
        return at;
    }
}
