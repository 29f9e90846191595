namespace EmbeddedLog.Format.Frames;

/// <summary>What a frame holds. The numbers are on disk.</summary>
internal enum FrameType : byte
{
    /// <summary>One record.</summary>
    Record = 1,

    /// <summary>Several records that were appended as one.</summary>
    Batch = 2,

    /// <summary>The end of a segment; its offset is the first one of the next segment.</summary>
    Seal = 3,

    /// <summary>The offsets of records that a salvage found damaged, without their contents.</summary>
    Gap = 4,
}
