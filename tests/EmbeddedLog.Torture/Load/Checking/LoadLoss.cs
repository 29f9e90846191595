namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>What may be lost at the end of a life.</summary>
internal enum LoadLoss
{
    /// <summary>Nothing acknowledged: the page cache has survived.</summary>
    None,

    /// <summary>From some offset on, records not acknowledged as flushed.</summary>
    Unflushed,
}
