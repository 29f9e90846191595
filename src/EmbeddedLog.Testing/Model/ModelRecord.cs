using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Model;

/// <summary>An appended record, as the numbers from which it can be made again.</summary>
/// <param name="Id">Unique in the run.</param>
/// <param name="Size">The length of the value.</param>
/// <param name="Form">Bits: 0 no key, 1 empty key, 2 null value, 3 headers, 4 a timestamp of its own.</param>
/// <param name="EndsFrame">Whether a crash may cut the log off behind it: it is alone, or the last of a batch.</param>
/// <param name="Timestamp">As stored.</param>
internal readonly record struct ModelRecord(long Id, int Size, int Form, bool EndsFrame, long Timestamp)
{
    /// <summary>The form of uniform records: without a key, with a timestamp.</summary>
    public const int UniformForm = 1 | 16;

    /// <summary>The value's length with which such a record's frame fills one sector.</summary>
    public const int UniformSize = SimulatedDisk.SectorBytes - FrameLayout.HeaderBytes - 1;

    private const int FillerBytes = 1 << 15;

    /// <summary>The bytes from which values are cut: two pieces are hardly ever equal.</summary>
    private static readonly byte[] s_filler = MakeFiller();

    private bool HasKey => (Form & 1) == 0;

    private bool IsTombstone => (Form & 4) != 0;

    private bool HasHeaders => (Form & 8) != 0;

    /// <summary>Whether the producer gives the timestamp.</summary>
    public bool HasTimestamp => (Form & 16) != 0;

    /// <summary>The record to append.</summary>
    /// <param name="buffer">At least <see cref="Size"/> and 16 bytes, used until the append is done.</param>
    /// <param name="headers">Room for one header.</param>
    public RawRecord ToRaw(Span<byte> buffer, Span<Header> headers)
    {
        int keyLength = FillKey(buffer);
        FillValue(buffer[16..]);
        if (HasHeaders)
        {
            headers[0] = MakeHeader();
        }

        return new RawRecord
        {
            Key = buffer[..keyLength],
            HasKey = HasKey,
            Value = buffer.Slice(16, Size),
            IsTombstone = IsTombstone,
            Headers = HasHeaders ? headers[..1] : default,
            Timestamp = HasTimestamp ? Timestamp : RawRecord.NoTimestamp,
        };
    }

    /// <summary>Returns the fault of a record that was read; null if it is this one.</summary>
    public string? Compare(in RecordView read, byte[] buffer)
    {
        int keyLength = FillKey(buffer);
        if (read.HasKey != HasKey || !read.Key.SequenceEqual(buffer.AsSpan(0, keyLength)))
        {
            return $"another key than that of record {Id}";
        }

        FillValue(buffer.AsSpan(16));
        ReadOnlySpan<byte> value = IsTombstone ? default : buffer.AsSpan(16, Size);
        if (read.IsTombstone != IsTombstone || !read.Value.SequenceEqual(value))
        {
            return $"another value than that of record {Id}";
        }

        if (read.Timestamp != Timestamp)
        {
            return $"timestamp {read.Timestamp} instead of {Timestamp}";
        }

        Headers headers = read.Headers.ToHeaders();
        return headers.Count != (HasHeaders ? 1 : 0) || (HasHeaders && headers[0] != MakeHeader())
            ? $"other headers than those of record {Id}"
            : null;
    }

    private static byte[] MakeFiller()
    {
        byte[] filler = new byte[2 * FillerBytes];
        new Random(20_26).NextBytes(filler);
        return filler;
    }

    private int FillKey(Span<byte> key)
    {
        if (!HasKey || (Form & 2) != 0)
        {
            return 0;
        }

        BinaryPrimitives.WriteInt64LittleEndian(key, Id);
        return sizeof(long);
    }

    private void FillValue(Span<byte> value)
    {
        int from = (int)((Id * 2_654_435_761) & (FillerBytes - 1));
        s_filler.AsSpan(from, Size).CopyTo(value);
        if (Size >= sizeof(long))
        {
            BinaryPrimitives.WriteInt64LittleEndian(value, Id);
        }
    }

    private Header MakeHeader() =>
        new("id", Encoding.UTF8.GetBytes(Id.ToString(CultureInfo.InvariantCulture)));
}
