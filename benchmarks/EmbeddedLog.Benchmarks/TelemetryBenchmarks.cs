using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using EmbeddedLog.Diagnostics;

namespace EmbeddedLog.Benchmarks;

/// <summary>
/// What telemetry costs: the question alone whether anybody listens, which each append and each send asks; and appends
/// and sends of 100-byte values that nobody, or somebody, listens to.
/// </summary>
public class TelemetryBenchmarks
{
    private const int Records = 1_000_000;

    private readonly byte[] _value = new byte[100];
    private readonly MeterListener _listener = new();
    private ScratchLog _scratch = null!;
    private Producer<byte[], byte[]> _producer = null!;
    private Figure<double> _appends;
    private SendTelemetry _sends;

    /// <summary>Whether a listener takes all measurements, and does nothing with them.</summary>
    [Params(false, true)]
    public bool IsListening { get; set; }

    [IterationSetup]
    public void Open()
    {
        _scratch = ScratchLog.OpenAsync().GetAwaiter().GetResult();
        _producer = _scratch.Log.CreateProducer<byte[], byte[]>(
            _scratch.Topic.Name, new ProducerOptions { Durability = Durability.Written });
        _appends = Telemetry.Shared.AppendDuration;
        _sends = new SendTelemetry(Telemetry.Shared, _scratch.Topic.Name);
        if (IsListening)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == EmbeddedLogTelemetry.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.Start();
        }
    }

    [IterationCleanup]
    public void Close()
    {
        _producer.Dispose();
        _scratch.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public int AskBeforeAnAppend()
    {
        int on = 0;
        for (int i = 0; i < Records; i++)
        {
            on += _appends.IsOn ? 1 : 0;
        }

        return on;
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public int AskBeforeASend()
    {
        int on = 0;
        for (int i = 0; i < Records; i++)
        {
            on += _sends.IsOn ? 1 : 0;
        }

        return on;
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public void Append()
    {
        OwnedPartition partition = _scratch.Topic[0];
        for (int i = 0; i < Records; i++)
        {
            partition.Append(new RawRecord(_value));
        }
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public void Send()
    {
        for (int i = 0; i < Records; i++)
        {
            _producer.TryProduce(null!, _value, out _);
        }
    }
}
