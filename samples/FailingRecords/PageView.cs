namespace FailingRecords;

/// <summary>What the good records hold, written as JSON.</summary>
internal sealed record PageView(string Path);
