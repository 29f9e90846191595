namespace EmbeddedLog.Files.Storing;

/// <summary>The random numbers that identify logs, topics and segments.</summary>
internal static class Uids
{
    /// <summary>A new one, never zero. The checksums of a segment's frames begin with its own.</summary>
    public static ulong New() => (ulong)Random.Shared.NextInt64(1, long.MaxValue);
}
