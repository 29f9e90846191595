namespace EmbeddedLog;

/// <summary>The kinds of <see cref="StartAt"/>.</summary>
public enum StartAtKind
{
    /// <summary>At the first record that is still there.</summary>
    Earliest,

    /// <summary>At the end: only what is appended from now on.</summary>
    Latest,

    /// <summary>Nowhere: reading fails.</summary>
    Error,

    /// <summary>At an offset.</summary>
    Offset,

    /// <summary>At the first record of a time or after it.</summary>
    Timestamp,
}
