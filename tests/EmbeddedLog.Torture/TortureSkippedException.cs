namespace EmbeddedLog.Torture;

/// <summary>The machine lacks what a mode needs; the message says what, and how to get it.</summary>
internal sealed class TortureSkippedException(string message) : Exception(message);
