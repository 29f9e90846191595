namespace EmbeddedLog.Testing.Tests;

/// <summary>What the tests send.</summary>
public sealed record Order(int Id, string Customer);
