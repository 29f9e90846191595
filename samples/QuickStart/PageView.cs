namespace QuickStart;

/// <summary>What the records of the example hold; written as JSON.</summary>
internal sealed record PageView(string Path);
