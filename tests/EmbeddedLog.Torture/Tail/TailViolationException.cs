namespace EmbeddedLog.Torture.Tail;

/// <summary>A follower read a wrong record, or missed one.</summary>
internal sealed class TailViolationException(string message) : Exception(message);
