using EmbeddedLog;
using Microsoft.Extensions.Hosting;

namespace Worker;

/// <summary>Sends a record ten times in a second.</summary>
internal sealed class Clock(IProducer<string, long> ticks, TimeProvider? time = null) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100), time ?? TimeProvider.System);
        long number = 0;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await ticks.ProduceAsync("clock", ++number, stoppingToken);
        }
    }
}
