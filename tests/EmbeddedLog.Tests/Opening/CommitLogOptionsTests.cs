using EmbeddedLog.Tests.Serialization.Json;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddedLog.Tests.Opening;

public sealed class CommitLogOptionsTests
{
    [Fact]
    public void ValidatedCopy_Defaults_AreValid() => new CommitLogOptions().ValidatedCopy();

    [Fact]
    public void ValidatedCopy_LaterChanges_HaveNoEffect()
    {
        var options = new CommitLogOptions { JsonContexts = [ShapesContext.Default] };

        CommitLogOptions copy = options.ValidatedCopy();
        options.JsonContexts.Clear();
        options.MaxOpenSegments = 3;

        Assert.Equal([ShapesContext.Default], copy.JsonContexts);
        Assert.Equal(256, copy.MaxOpenSegments);
    }

    [Fact]
    public void ValidatedCopy_EveryProperty_IsCopied()
    {
        var options = new CommitLogOptions
        {
            TimeProvider = new SomeTime(),
            LoggerFactory = NullLoggerFactory.Instance,
            OwnerTimeout = Timeout.InfiniteTimeSpan,
            JsonContexts = [ShapesContext.Default],
            MaxOpenSegments = 3,
            RetentionCheckInterval = TimeSpan.FromSeconds(3),
            ScrubBytesPerSecond = 1 << 20,
            ScrubInterval = TimeSpan.FromHours(3),
        };

        CommitLogOptions copy = options.ValidatedCopy();

        Assert.Same(options.TimeProvider, copy.TimeProvider);
        Assert.Same(options.LoggerFactory, copy.LoggerFactory);
        Assert.Equal(options.OwnerTimeout, copy.OwnerTimeout);
        Assert.Equal(options.JsonContexts, copy.JsonContexts);
        Assert.Equal(options.MaxOpenSegments, copy.MaxOpenSegments);
        Assert.Equal(options.RetentionCheckInterval, copy.RetentionCheckInterval);
        Assert.Equal(options.ScrubBytesPerSecond, copy.ScrubBytesPerSecond);
        Assert.Equal(options.ScrubInterval, copy.ScrubInterval);
    }

    [Fact]
    public void ValidatedCopy_EverythingWrong_NamesEveryFault()
    {
        var options = new CommitLogOptions
        {
            TimeProvider = null!,
            OwnerTimeout = TimeSpan.FromSeconds(-1),
            JsonContexts = [ShapesContext.Default, null!],
            MaxOpenSegments = 0,
            RetentionCheckInterval = Timeout.InfiniteTimeSpan,
            ScrubBytesPerSecond = 0,
            ScrubInterval = TimeSpan.Zero,
        };

        var exception = Assert.Throws<ArgumentException>("options", options.ValidatedCopy);

        Assert.Equal(
            """
            CommitLogOptions has 7 faults:
            - TimeProvider is null but must be set: use TimeProvider.System.
            - JsonContexts[1] is null but must be set: use the Default property of a context.
            - OwnerTimeout is -1 s but must be from 0 s to 1 day, or Timeout.InfiniteTimeSpan for no limit: use TimeSpan.Zero not to wait.
            - MaxOpenSegments is 0 but must be from 1 to 32,768 segments: 256 suits most logs.
            - RetentionCheckInterval is infinite but must be from 1 ms to 1 day: to keep records for ever, use RetentionPolicy.KeepForever instead.
            - ScrubBytesPerSecond is 0 but must be from 64 KiB (65,536) to 1 TiB (1,099,511,627,776) bytes: use null for no scrub.
            - ScrubInterval is 0 s but must be from 1 s to 365 days: to do without, leave ScrubBytesPerSecond at null. (Parameter 'options')
            """,
            exception.Message,
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void ValidatedCopy_OneFault_IsReportedInTheSingular()
    {
        var exception = Assert.Throws<ArgumentException>(
            "options", () => new CommitLogOptions { JsonContexts = null! }.ValidatedCopy());

        Assert.StartsWith(
            "CommitLogOptions has a fault:\n- JsonContexts is null", exception.Message, StringComparison.Ordinal);
    }

    private sealed class SomeTime : TimeProvider;
}
