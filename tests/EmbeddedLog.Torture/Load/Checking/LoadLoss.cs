namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>What the end of a life may have cost.</summary>
internal enum LoadLoss
{
    /// <summary>Nothing that was acknowledged: the page cache is still there.</summary>
    None,

    /// <summary>What was not acknowledged as flushed, from some offset on.</summary>
    Unflushed,
}
