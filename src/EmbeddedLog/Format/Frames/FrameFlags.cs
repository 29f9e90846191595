namespace EmbeddedLog.Format.Frames;

/// <summary>The flag byte of a frame, and of each record in a batch. The bits are on disk.</summary>
[Flags]
internal enum FrameFlags : byte
{
    /// <summary>A record with a value and without headers.</summary>
    None = 0,

    /// <summary>The value is null: the record is a tombstone.</summary>
    NullValue = 1,

    /// <summary>A block of headers stands between key and value.</summary>
    Headers = 2,

    /// <summary>In a batch: the record has a timestamp of its own instead of the batch's.</summary>
    OwnTimestamp = 4,
}
