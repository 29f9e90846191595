using System.Diagnostics;
using System.Threading.Channels;

namespace EmbeddedLog.Comparison.Typed;

/// <summary>The cost of a hand-over alone: no copies, no bytes, no positions.</summary>
internal sealed class ChannelTypedRead : Contender
{
    public override string System => Systems.Channel;

    public override string Settings => "read: unbounded, one reader, filled before; keeps nothing";

    public override IReadOnlyList<string> Workloads => ["read-typed"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        Channel<(string Key, byte[] Value)> channel = Channel.CreateUnbounded<(string, byte[])>(
            new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        for (int i = 0; i < scale.Appends; i++)
        {
            channel.Writer.TryWrite((TypedRecords.Key, value));
        }

        channel.Writer.Complete();
        Stopwatch watch = Stopwatch.StartNew();
        long bytes = 0;
        while (await channel.Reader.WaitToReadAsync())
        {
            while (channel.Reader.TryRead(out (string Key, byte[] Value) record))
            {
                bytes += record.Key.Length + record.Value.Length;
            }
        }

        TypedRecords.Check(bytes);
        return [Rate(scale.Appends, watch.Elapsed)];
    }
}
