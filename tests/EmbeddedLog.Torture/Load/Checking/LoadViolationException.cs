namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>A promise was broken; the message names it and what was found.</summary>
internal sealed class LoadViolationException(string message) : Exception(message);
