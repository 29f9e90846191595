using System.Buffers;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Producing.Encoding;

/// <summary>
/// The buffer for a record's serialized key and value. Each thread keeps one; while it is in use, a serializer that
/// itself sends a record gets another.
/// </summary>
internal sealed class SendBuffer : IBufferWriter<byte>
{
    /// <summary>A thread keeps no larger buffer; the memory of a large record is returned to the shared pool.</summary>
    private const int MaxKeptBytes = 64 << 10;

    /// <summary>The size of the largest segment, and so of the largest record.</summary>
    private const int MaxBytes = 1 << 30;

    private const int InitialBytes = 1024;

    /// <summary>Used by its thread only.</summary>
    [ThreadStatic]
    private static SendBuffer? s_own;

    /// <summary>Whether it is in use.</summary>
    private bool _isUsed;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(InitialBytes);

    private SendBuffer()
    {
    }

    /// <summary>The bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>An empty buffer.</summary>
    public static SendBuffer Rent()
    {
        SendBuffer? buffer = s_own;
        if (buffer is null)
        {
            s_own = buffer = new SendBuffer();
        }
        else if (buffer._isUsed)
        {
            buffer = new SendBuffer();
        }

        buffer._isUsed = true;
        return buffer;
    }

    /// <summary>Empties it; spans of it must not be used any more.</summary>
    public void Clear() => Length = 0;

    /// <summary>Returns the buffer to the thread; spans of it must not be used any more.</summary>
    public void Return()
    {
        Length = 0;
        if (_bytes.Length > MaxKeptBytes)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = ArrayPool<byte>.Shared.Rent(InitialBytes);
        }

        _isUsed = false;
    }

    /// <summary>The bytes written from one place up to another.</summary>
    public ReadOnlySpan<byte> Written(int start, int end) => _bytes.AsSpan(start, end - start);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - Length);
        Length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Length);
    }

    private void Reserve(int sizeHint)
    {
        // The contract of the interface: zero means any room.
        if (sizeHint <= 0 || sizeHint > _bytes.Length - Length)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
            Grow(Math.Max(sizeHint, 1));
        }
    }

    private void Grow(int sizeHint)
    {
        long needed = (long)Length + sizeHint;
        if (needed <= _bytes.Length)
        {
            return;
        }

        if (needed > MaxBytes)
        {
            throw new RecordTooLargeException(
                $"A record of {Units.Size(needed)} is larger than the largest segment, {Units.Size(MaxBytes)}. Nothing "
                + "was appended. Split it.");
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, 2L * _bytes.Length), MaxBytes));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
