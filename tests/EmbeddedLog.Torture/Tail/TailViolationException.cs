namespace EmbeddedLog.Torture.Tail;

/// <summary>A follower saw what it must not see.</summary>
internal sealed class TailViolationException(string message) : Exception(message);
