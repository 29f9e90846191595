namespace EmbeddedLog.Format;

/// <summary>
/// What a reader must know about a segment before it trusts offsets to be dense. Version 1 sets none.
/// </summary>
[Flags]
internal enum SegmentFlags : ushort
{
    /// <summary>Offsets are dense.</summary>
    None = 0,

    /// <summary>Reserved: compaction has removed records.</summary>
    Compacted = 1,

    /// <summary>Reserved: holds records of transactions.</summary>
    Transactional = 2,

    /// <summary>Reserved: salvaged from damaged files; offsets are missing.</summary>
    Salvaged = 4,

    /// <summary>Every flag that has a name.</summary>
    Known = Compacted | Transactional | Salvaged,
}
