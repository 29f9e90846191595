using System.Threading.Channels;

namespace EmbeddedLog.Comparison.Latency;

internal sealed class ChannelLatency(bool inline) : Contender
{
    public override string System => Systems.Channel;

    public override string Settings => "latency: unbounded, one reader, inline with AllowSynchronousContinuations";

    public override IReadOnlyList<string> Workloads => IdleLatency.Names(Durability.Written, inline);

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        Channel<byte[]> channel = Channel.CreateUnbounded<byte[]>(
            new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = inline });
        using IdleLatency latency = new();
        Task reader = ReadAsync(channel.Reader, latency);
        double[] times = await latency.TimeAsync(
            scale.WakeUps, () => channel.Writer.TryWrite(value), toTheEnd: false);
        channel.Writer.Complete();
        await reader;
        return times;
    }

    private static async Task ReadAsync(ChannelReader<byte[]> channel, IdleLatency latency)
    {
        await foreach (byte[] value in channel.ReadAllAsync())
        {
            latency.NoteArrival();
        }
    }
}
