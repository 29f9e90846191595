namespace EmbeddedLog;

/// <summary>Stored bytes that differ from those that were written.</summary>
/// <param name="Partition">The partition; null if the file belongs to the log or to a topic as a whole.</param>
/// <param name="File">The full path of the file.</param>
/// <param name="Position">The position in the file, in bytes.</param>
/// <param name="Expected">The expected content.</param>
/// <param name="Actual">The actual content.</param>
/// <param name="FirstOffset">The first offset that cannot be read because of it; null if all can.</param>
/// <param name="EndOffset">The offset behind the last one that cannot be read; null if all can.</param>
/// <param name="IsHarmless">
/// Whether a second copy is intact, so that nothing depends on these bytes. Still a reason to check the device.
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
