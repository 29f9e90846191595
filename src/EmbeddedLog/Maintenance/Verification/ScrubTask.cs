using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.IO;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Maintenance.Verification;

/// <summary>
/// Verifies the whole log again and again at a bounded rate. A round waits for its turns on the work queue and for its
/// rate on the clock, and holds no thread and no lock meanwhile.
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
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();

    /// <summary>The round under way, or the last one. Under the gate.</summary>
    private Task _round = Task.CompletedTask;

    /// <summary>Written by a round at its end, read by anybody.</summary>
    private ScrubReport? _last;

    /// <param name="platform">The seam to the system.</param>
    /// <param name="background">Calls this at each interval.</param>
    /// <param name="logger">Where it is told what was found.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="targets">Gives what there is to verify as of now.</param>
    /// <param name="bytesPerSecond">The rate.</param>
    /// <param name="interval">How long after the beginning of a round the next one begins.</param>
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

    /// <summary>The last round that came to its end.</summary>
    public ScrubReport? Last => Volatile.Read(ref _last);

    /// <summary>Begins the first round.</summary>
    public void Start() => _background.Schedule(this, TimeSpan.Zero);

    /// <inheritdoc/>
    public void RunInBackground()
    {
        // Under the gate only up to the first turn, so that whoever stops has the round to wait for, or none begins.
        lock (_gate)
        {
            if (!_stop.IsCancellationRequested)
            {
                _round = RunAsync();
            }
        }
    }

    /// <summary>Stops within a slice, and waits until the round has let go of its files. Then it is disposed.</summary>
    public async ValueTask StopAsync(WaitMode how)
    {
        // Here and now, for the asynchronous way leaves for a thread of the pool; no round begins from here on.
#pragma warning disable CA1849
        _stop.Cancel();
#pragma warning restore CA1849
        Task round;
        lock (_gate)
        {
            round = _round;
        }

        await how.For(round).ConfigureAwait(false);
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

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
            // What could not be read now, for the lack of handles say, is looked at again with the next round.
            MaintenanceLog.ScrubFailed(_logger, failure);
        }

        TimeSpan rest = _interval - _platform.Time.GetElapsedTime(began);
        _background.Schedule(this, rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
    }

    /// <summary>Logs a finding; what is harmless more quietly.</summary>
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
        Verification verification = new(_platform, options, _stop.Token)
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
