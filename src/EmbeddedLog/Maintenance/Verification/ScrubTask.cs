using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.IO;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Maintenance.Verification;

/// <summary>
/// Verifies the whole log repeatedly at a bounded rate. A round waits for its turns on the work queue and for its rate
/// on the clock, without holding a thread or a lock.
/// </summary>
internal sealed class ScrubTask : IBackgroundTask, IDisposable
{
    /// <summary>How many findings a round logs one by one; the report counts all.</summary>
    private const int MaxLogged = 100;

    private readonly Platform _platform;
    private readonly BackgroundSchedule _background;
    private readonly ILogger _logger;
    private readonly LogDirectory _directory;
    private readonly Func<IReadOnlyList<VerifyTarget>> _targets;
    private readonly long _bytesPerSecond;
    private readonly TimeSpan _interval;
    private readonly BackgroundRounds _rounds = new();

    /// <summary>Written by a round at its end, read by anyone.</summary>
    private ScrubReport? _last;

    /// <param name="platform">The seam to the system.</param>
    /// <param name="background">Calls this at each interval.</param>
    /// <param name="logger">Logs findings.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="targets">Gives the present targets.</param>
    /// <param name="bytesPerSecond">The rate.</param>
    /// <param name="interval">The time from the beginning of a round to that of the next.</param>
    public ScrubTask(
        Platform platform,
        BackgroundSchedule background,
        ILogger logger,
        LogDirectory directory,
        Func<IReadOnlyList<VerifyTarget>> targets,
        long bytesPerSecond,
        TimeSpan interval)
    {
        _platform = platform;
        _background = background;
        _logger = logger;
        _directory = directory;
        _targets = targets;
        _bytesPerSecond = bytesPerSecond;
        _interval = interval;
    }

    /// <summary>The last completed round.</summary>
    public ScrubReport? Last => Volatile.Read(ref _last);

    /// <summary>Begins the first round.</summary>
    public void Start() => _background.Schedule(this, TimeSpan.Zero);

    /// <inheritdoc/>
    public void RunInBackground() => _rounds.Begin(RunAsync);

    /// <summary>Stops within a slice, and waits until the round has let go of its files.</summary>
    public ValueTask StopAsync(WaitMode how) => _rounds.StopAsync(how);

    /// <inheritdoc/>
    public void Dispose() => _rounds.Dispose();

    private async Task RunAsync()
    {
        long began = _platform.Time.GetTimestamp();
        try
        {
            await VerifyAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The log is being closed.
            return;
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException or ObjectDisposedException)
        {
            // The next round tries again to read files that could not be read now, without handles, say.
            MaintenanceLog.ScrubFailed(_logger, failure);
        }

        TimeSpan rest = _interval - _platform.Time.GetElapsedTime(began);
        _background.Schedule(this, rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
    }

    /// <summary>Logs a finding; a harmless one at a lower level.</summary>
    private void Log(VerifyFinding finding)
    {
        string consequence = finding is { FirstOffset: { } first, EndOffset: { } end }
            ? $"offsets {first} to {end - 1} cannot be read"
            : finding.IsHarmless ? "nothing depends on it" : "no offset is named by it";
        MaintenanceLog.ScrubFound(
            _logger,
            finding.IsHarmless ? LogLevel.Warning : LogLevel.Error,
            finding.File,
            finding.Position,
            finding.Expected,
            finding.Actual,
            consequence);
    }

    private async Task VerifyAsync()
    {
        DateTimeOffset began = _platform.Time.GetUtcNow();
        VerifyOptions options = new() { MaxBytesPerSecond = _bytesPerSecond };
        int logged = 0;
        Verification verification = new(_platform, options, _rounds.Stopping)
        {
            BypassesCacheWherePossible = true,
            Settled = finding =>
            {
                if (logged++ < MaxLogged)
                {
                    Log(finding);
                }
            },
        };
        VerifyReport report = await verification.RunAsync(_directory, _targets).ConfigureAwait(false);
        ScrubReport round =
            new(began, _platform.Time.GetUtcNow(), verification.BypassesCache, report);
        Volatile.Write(ref _last, round);
        MaintenanceLog.Scrubbed(
            _logger,
            report.Records,
            report.Partitions,
            report.Bytes,
            report.Duration,
            round.BypassedPageCache,
            report.FindingCount);
    }
}
