namespace EmbeddedLog.Testing.Model;

/// <summary>What the next opening of a log has to take care of, the worst last.</summary>
internal enum ModelEnding
{
    /// <summary>The log was closed.</summary>
    Clean,

    /// <summary>The cache is as it was: everything written must be there.</summary>
    Killed,

    /// <summary>What was not flushed may be gone.</summary>
    PowerLost,
}
