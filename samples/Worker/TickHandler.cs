using EmbeddedLog;
using EmbeddedLog.Hosting;

namespace Worker;

/// <summary>Prints each record.</summary>
internal sealed class TickHandler : IRecordHandler<string, long>
{
    public ValueTask HandleAsync(Record<string, long> record, CancellationToken cancellationToken)
    {
        Console.WriteLine($"{record.TopicPartitionOffset} {record.Key} {record.Value}");
        return ValueTask.CompletedTask;
    }
}
