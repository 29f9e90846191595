using System.Buffers.Binary;
using System.Text;
using EmbeddedLog.Torture.Load.Producers;

namespace EmbeddedLog.Torture.Load;

/// <summary>
/// The content of a record follows from its identity: key, value, header and their lengths. A found record therefore
/// names its producer, and every bit of it can be checked.
/// </summary>
internal static class LoadRecord
{
    /// <summary>The largest value; it fits into a segment of the smallest size.</summary>
    private const int MaxValueBytes = 8000;

    /// <summary>The largest size of a batch, except for a single larger value.</summary>
    private const int MaxBatchBytes = 6000;

    private const int MaxBatchRecords = 12;
    /// <summary>The default record limit of a topic, less the largest key and headers.</summary>
    private const int MaxAnySizeBytes = 1_048_588 - 256;

    private const int IdentityBytes = 12;
    private const int Keys = 16;
    private const string HeaderName = "made-by";

    private static readonly byte[][] s_keys =
        [.. Enumerable.Range(0, Keys).Select(key => Encoding.ASCII.GetBytes($"key-{key}"))];

    /// <summary>The record's key, or null for one without.</summary>
    public static byte[]? KeyOf(LoadIdentity identity)
    {
        ulong mixed = Mix(identity);
        return (mixed & 3) == 0 ? null : s_keys[(mixed >> 2) % Keys];
    }

    /// <summary>The record's headers; most records have none.</summary>
    public static Headers HeadersOf(LoadIdentity identity)
    {
        Headers headers = [];
        if ((Mix(identity) >> 8 & 7) == 0)
        {
            headers.Add(HeaderName, identity.Producer.ToString());
        }

        return headers;
    }

    /// <summary>The record's value.</summary>
    public static byte[] ValueOf(LoadIdentity identity)
    {
        byte[] value = new byte[LengthOf(identity)];
        BinaryPrimitives.WriteInt32LittleEndian(value, identity.Producer);
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(sizeof(int)), identity.Sequence);
        ulong state = Mix(identity);
        Span<byte> fill = value.AsSpan(IdentityBytes);
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        while (fill.Length > 0)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            BinaryPrimitives.WriteUInt64LittleEndian(word, state);
            int length = Math.Min(word.Length, fill.Length);
            word[..length].CopyTo(fill);
            fill = fill[length..];
        }

        return value;
    }

    /// <summary>The identity of a record if every bit is as it was made; otherwise null.</summary>
    public static LoadIdentity? Identify(in RecordView record)
    {
        if (Identify(record.HasKey, record.Key, record.Value) is not { } identity || record.IsTombstone)
        {
            return null;
        }

        return SameHeaders(record.Headers.ToHeaders(), HeadersOf(identity)) ? identity : null;
    }

    /// <inheritdoc cref="Identify(in RecordView)"/>
    public static LoadIdentity? Identify(in Record<byte[]?, byte[]> record) =>
        !record.IsTombstone
        && Identify(record.HasKey, record.Key, record.Value) is { } identity
        && SameHeaders(record.Headers, HeadersOf(identity))
            ? identity
            : null;

    private static LoadIdentity? Identify(bool hasKey, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (value.Length < IdentityBytes)
        {
            return null;
        }

        LoadIdentity identity = new(
            BinaryPrimitives.ReadInt32LittleEndian(value),
            BinaryPrimitives.ReadInt64LittleEndian(value[sizeof(int)..]));
        byte[]? expectedKey = KeyOf(identity);
        bool isSame = identity is { Producer: >= 0, Sequence: >= 0 }
            && hasKey == expectedKey is not null
            && key.SequenceEqual(expectedKey)
            && value.SequenceEqual(ValueOf(identity));
        return isSame ? identity : null;
    }

    /// <summary>How many records, starting with one, form a batch that fits into the smallest segment.</summary>
    public static int BatchFrom(LoadIdentity first, Random random)
    {
        int wanted = random.Next(1, MaxBatchRecords + 1);
        int bytes = LengthOf(first);
        int count = 1;
        while (count < wanted)
        {
            bytes += LengthOf(first with { Sequence = first.Sequence + count });
            if (bytes > MaxBatchBytes)
            {
                break;
            }

            count++;
        }

        return count;
    }

    private static bool SameHeaders(Headers found, Headers expected) =>
        found.Count == expected.Count && found.SequenceEqual(expected);

    /// <summary>Mostly short, now and then large, rarely half a small segment.</summary>
    private static int LengthOf(LoadIdentity identity)
    {
        ulong mixed = Mix(identity) >> 16;
        if (LoadProducers.IsAnySize(identity.Producer))
        {
            // As many between 1 and 2 KiB as between 512 KiB and 1 MiB; one in eight has the largest size.
            double power = (mixed >> 8) % 1000 / 999.0;
            return (mixed & 7) == 0
                ? MaxAnySizeBytes - (int)((mixed >> 20) % 16)
                : IdentityBytes + (int)Math.Pow(MaxAnySizeBytes - IdentityBytes - 1, power);
        }

        int most = (mixed & 255) == 0 ? MaxValueBytes : (mixed & 31) == 0 ? 1500 : 150;
        return IdentityBytes + (int)((mixed >> 8) % (ulong)(most - IdentityBytes));
    }

    /// <summary>The finaliser of MurmurHash3, which spreads neighbours over all bits; never zero.</summary>
    private static ulong Mix(LoadIdentity identity)
    {
        ulong mixed = ((ulong)(uint)identity.Producer << 40) ^ (ulong)identity.Sequence;
        mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCD;
        mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53;
        return mixed ^ (mixed >> 33) | 1UL << 63;
    }
}
