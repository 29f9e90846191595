namespace EmbeddedLog.TrimmedApp;

/// <summary>A value of the program's own, written as JSON.</summary>
internal sealed record Order(int Number, string Article, decimal Price);
