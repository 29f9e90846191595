namespace EmbeddedLog.Format.Frames;

/// <summary>
/// The places of the parts of one record. The pointers are valid as long as the segment stays mapped.
/// </summary>
internal unsafe struct RecordFields
{
    /// <summary>The record's offset.</summary>
    public long Offset;

    /// <summary>Unix milliseconds.</summary>
    public long Timestamp;

    /// <summary>The key's first byte.</summary>
    public byte* Key;

    /// <summary>The key's length in bytes, or -1 if the record has no key.</summary>
    public int KeyLength;

    /// <summary>The value's length in bytes, or -1 if the value is null.</summary>
    public int ValueLength;

    /// <summary>The value's first byte.</summary>
    public byte* Value;

    /// <summary>The first byte of the headers, behind the block's length.</summary>
    public byte* Headers;

    /// <summary>The length of the headers in bytes, zero if there are none.</summary>
    public int HeadersLength;
}
