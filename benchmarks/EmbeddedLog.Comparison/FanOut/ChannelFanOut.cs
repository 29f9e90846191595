using System.Diagnostics;
using System.Threading.Channels;
using EmbeddedLog.Comparison.Typed;

namespace EmbeddedLog.Comparison.FanOut;

/// <summary>A channel for each reader, as in hand-written code; the values are shared and nothing is kept.</summary>
internal sealed class ChannelFanOut : Contender
{
    public override string System => Systems.Channel;

    public override string Settings => "fan-out: one unbounded channel for each of 20 readers; keeps nothing";

    public override IReadOnlyList<string> Workloads => ["fan-out"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        Channel<(string Key, byte[] Value)>[] channels =
        [
            .. Enumerable.Range(0, LogFanOut.Groups).Select(_ => Channel.CreateUnbounded<(string, byte[])>(
                new UnboundedChannelOptions { SingleReader = true, SingleWriter = true })),
        ];
        Stopwatch watch = Stopwatch.StartNew();
        Task[] readers = [.. channels.Select(one => Task.Run(() => ReadAsync(one.Reader)))];
        for (int i = 0; i < scale.FannedOut; i++)
        {
            foreach (Channel<(string Key, byte[] Value)> channel in channels)
            {
                channel.Writer.TryWrite((TypedRecords.Key, value));
            }
        }

        foreach (Channel<(string Key, byte[] Value)> channel in channels)
        {
            channel.Writer.Complete();
        }

        await Task.WhenAll(readers);
        return [Rate((long)LogFanOut.Groups * scale.FannedOut, watch.Elapsed)];
    }

    private static async Task ReadAsync(ChannelReader<(string Key, byte[] Value)> channel)
    {
        long bytes = 0;
        while (await channel.WaitToReadAsync())
        {
            while (channel.TryRead(out (string Key, byte[] Value) record))
            {
                bytes += record.Key.Length + record.Value.Length;
            }
        }

        TypedRecords.Check(bytes);
    }
}
