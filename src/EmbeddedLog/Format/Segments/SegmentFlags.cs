namespace EmbeddedLog.Format.Segments;

/// <summary>Properties of a segment beside its frames.</summary>
[Flags]
internal enum SegmentFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Reserved: compaction has removed records.</summary>
    Compacted = 1,

    /// <summary>Reserved: holds records of transactions.</summary>
    Transactional = 2,

    /// <summary>Written by a salvage to replace a damaged segment.</summary>
    Salvaged = 4,

    /// <summary>Every flag that has a name.</summary>
    Known = Compacted | Transactional | Salvaged,
}
