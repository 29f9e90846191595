namespace EmbeddedLog;

/// <summary>Stored bytes that are not what was written.</summary>
/// <param name="Partition">The partition; null where the file is of the log or of a topic as a whole.</param>
/// <param name="File">The full path of the file.</param>
/// <param name="Position">Where in the file, in bytes.</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Actual">What is there.</param>
/// <param name="FirstOffset">The first offset that cannot be read for it; null where all can.</param>
/// <param name="EndOffset">The offset behind the last that cannot be read; null where all can.</param>
/// <param name="IsHarmless">
/// Whether nothing depends on it, for a second copy of it is intact: a reason to look at the device.
/// </param>
public sealed record VerifyFinding(
    TopicPartition? Partition,
    string File,
    long Position,
    string Expected,
    string Actual,
    long? FirstOffset,
    long? EndOffset,
    bool IsHarmless);
