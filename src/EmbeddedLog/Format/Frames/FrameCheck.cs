namespace EmbeddedLog.Format.Frames;

/// <summary>The result of checking a position where a frame should begin.</summary>
internal enum FrameCheck
{
    /// <summary>A frame whose CRC is right.</summary>
    Valid,

    /// <summary>Nothing: the length is zero.</summary>
    Empty,

    /// <summary>A length that no frame can have here.</summary>
    BadLength,

    /// <summary>A frame whose CRC is wrong.</summary>
    BadCrc,

    /// <summary>A valid frame with a type, codec or extension that this version does not know.</summary>
    Unknown,
}
