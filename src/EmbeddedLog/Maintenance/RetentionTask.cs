using EmbeddedLog.Storage;

namespace EmbeddedLog.Maintenance;

/// <summary>Looks after the retention of all partitions, now and then.</summary>
internal sealed class RetentionTask : IBackgroundTask
{
    private readonly StorageContext _context;
    private readonly TimeSpan _interval;
    private readonly Func<IEnumerable<PartitionLog>> _partitions;
    private readonly PartitionLog _offsets;

    public RetentionTask(
        StorageContext context, TimeSpan interval, Func<IEnumerable<PartitionLog>> partitions, PartitionLog offsets)
    {
        _offsets = offsets;
        _context = context;
        _interval = interval;
        _partitions = partitions;
    }

    /// <summary>Begins to look, after one interval.</summary>
    public void Start() => _context.Background.Schedule(this, _interval);

    /// <inheritdoc/>
    public void RunInBackground()
    {
        long now = _context.Platform.Time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (PartitionLog partition in _partitions())
        {
            Apply(partition, now);
        }

        _offsets.FailIfGone();
        if (_context.Watch?.TakeMoved() == true)
        {
            MaintenanceLog.DirectoryMoved(_context.Logger);
        }

        Pins.Warn(_context);
        Start();
    }

    private void Apply(PartitionLog log, long now)
    {
        try
        {
            log.FailIfGone();
            RetentionRules.Apply(log, now);
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException or ObjectDisposedException)
        {
            // What could not be removed now is looked at again next time; the log itself goes on.
            MaintenanceLog.RetentionFailed(_context.Logger, failure, log.Id);
        }
    }
}
