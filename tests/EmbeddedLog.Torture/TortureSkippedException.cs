namespace EmbeddedLog.Torture;

/// <summary>The machine lacks a requirement of the mode; the message names it and how to get it.</summary>
internal sealed class TortureSkippedException(string message) : Exception(message);
