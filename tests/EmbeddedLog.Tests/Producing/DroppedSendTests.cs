using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Producing;

/// <summary>
/// The task of a send may be dropped, however the send ends: the runtime tells nobody of an exception that was not
/// observed. Alone, for it listens to the whole process.
/// </summary>
[Collection(Alone.Name)]
public sealed class DroppedSendTests : IDisposable
{
    private readonly ConcurrentQueue<Exception> _unobserved = new();
    private readonly EventHandler<UnobservedTaskExceptionEventArgs> _listener;

    public DroppedSendTests()
    {
        // What other tests have dropped, tasks of their own that were to fail, is told of before this one listens.
        Collect();
        _listener = (_, args) => _unobserved.Enqueue(args.Exception);
        TaskScheduler.UnobservedTaskException += _listener;
    }

    /// <summary>The members that send, each as a call that drops what it returns.</summary>
    private static Dictionary<string, Action<Producer<string, string>, string?, CancellationToken>> Sends => new()
    {
        ["ProduceAsync(ProducerRecord`2)"] = static (producer, value, token) =>
            _ = producer.ProduceAsync(new ProducerRecord<string, string>("k", value!), token),
        ["ProduceAsync(String)"] = static (producer, value, token) => _ = producer.ProduceAsync("k", value!, token),
        ["ProduceBatchAsync(IReadOnlyList`1)"] = static (producer, value, token) =>
            _ = producer.ProduceBatchAsync([new("k", value!), new("l", value!)], token),
        ["DeleteAsync(String)"] = static (producer, value, token) =>
            _ = producer.DeleteAsync(value is null ? null! : "k", token),
    };

    public static TheoryData<string> Names => [.. Sends.Keys];

    [Fact]
    public void Members_ThatSend_AreAllTried() => Assert.Equal(
        Sends.Keys.Order(),
        typeof(Producer<string, string>).GetMethods()
            .Where(method => method.ReturnType.Name == "ValueTask`1" && method.ReturnType != typeof(ValueTask<bool>))
            .Select(method => $"{method.Name}({method.GetParameters()[0].ParameterType.Name})")
            .Order());

    /// <summary>Without this, all others would hold whatever the code does.</summary>
    [Fact]
    public void Task_FailedAndDropped_IsReported()
    {
        DropATask();
        Collect();
        Assert.Contains(_unobserved, told => told.InnerException is NotSupportedException);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Send_FailedAndDropped_IsNotReported(string name)
    {
        DropAll(Sends[name]);
        Collect();
        Assert.Empty(_unobserved);
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= _listener;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropATask() => _ = Task.FromException(new NotSupportedException());

    /// <summary>Every way to fail: before the append, in it, in the flush, after that, and by a token.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropAll(Action<Producer<string, string>, string?, CancellationToken> send)
    {
        using ProducerFixture topic = new();
        using CancellationTokenSource source = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 64);
        Producer<string, string> disposed = topic.Create();
        topic.Run(disposed.DisposeAsync());
        Producer<string, string> throwing = topic.Create(Serdes.Utf8, new ThrowingSerializer());
        send(disposed, "v", CancellationToken.None);
        send(throwing, "v", CancellationToken.None);
        send(producer, null, CancellationToken.None);
        send(producer, new string('v', 2 << 20), CancellationToken.None);
        send(producer, "v", new CancellationToken(canceled: true));
        topic.Settle();

        // One in flight, one that waits for room, and the token of both; then a flush that fails, and what comes after.
        send(producer, new string('v', 40), source.Token);
        send(producer, new string('v', 40), source.Token);
        source.Cancel();
        topic.Settle();
        send(producer, new string('v', 40), CancellationToken.None);
        send(producer, new string('v', 40), CancellationToken.None);
        topic.Files.Reset();
        topic.Files.Fail(FaultKind.Flush, 1, FileSystemError.DeviceFailure);
        topic.Settle();
        send(producer, "v", CancellationToken.None);
        send(producer, "v", CancellationToken.None);
        topic.Settle();
    }

    private static void Collect()
    {
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private sealed class ThrowingSerializer : ISerializer<string>
    {
        public void Serialize(string value, IBufferWriter<byte> destination, in SerializationContext context) =>
            throw new NotSupportedException();
    }
}
