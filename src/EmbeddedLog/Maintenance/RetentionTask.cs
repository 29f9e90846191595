using EmbeddedLog.IO;
using EmbeddedLog.Storage;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Maintenance;

/// <summary>Looks after the retention of all topics, now and then.</summary>
internal sealed class RetentionTask : IBackgroundTask
{
    private readonly StorageContext _context;
    private readonly TimeSpan _interval;
    private readonly Func<IReadOnlyList<Topic>> _topics;

    public RetentionTask(StorageContext context, TimeSpan interval, Func<IReadOnlyList<Topic>> topics)
    {
        _context = context;
        _interval = interval;
        _topics = topics;
    }

    /// <summary>Begins to look, after one interval.</summary>
    public void Start() => _context.Background.Schedule(this, _interval);

    /// <inheritdoc/>
    public void RunInBackground()
    {
        long now = _context.Platform.Time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (Topic topic in _topics())
        {
            RetentionPolicy policy = topic.Stored.Options.Retention;
            foreach (Partition partition in topic.Partitions)
            {
                Apply(partition.Log, policy, now);
            }
        }

        _context.Readers.Reclaim();
        Start();
    }

    private void Apply(PartitionLog log, RetentionPolicy policy, long now)
    {
        try
        {
            RetentionRules.Apply(log, policy, now);
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException or ObjectDisposedException)
        {
            // What could not be removed now is looked at again next time; the log itself goes on.
            MaintenanceLog.RetentionFailed(_context.Logger, failure, log.Id);
        }
    }
}
