namespace FailingRecords;

/// <summary>The value of the good records, written as JSON.</summary>
internal sealed record PageView(string Path);
