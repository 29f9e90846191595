namespace EmbeddedLog;

/// <summary>One round of a scrub through the log; see <see cref="CommitLogOptions.ScrubBytesPerSecond"/>.</summary>
/// <param name="BeganAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="BypassedPageCache">
/// Whether segments were read from the device. If the file system cannot do that, they were read through the page
/// cache.
/// </param>
/// <param name="Verified">The report of the verification.</param>
public sealed record ScrubReport(
    DateTimeOffset BeganAt, DateTimeOffset EndedAt, bool BypassedPageCache, VerifyReport Verified);
