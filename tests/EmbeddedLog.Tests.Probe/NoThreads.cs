using System.Globalization;
using System.Runtime.InteropServices;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Opening;

namespace EmbeddedLog.Tests.Probe;

/// <summary>
/// Senders that block while no thread can be made and all threads of the pool are held. A thread takes two file
/// handles, and none is left. It ends where what they wait for has a thread already.
/// </summary>
internal static partial class NoThreads
{
    private const int NumberOfFiles = 7;
    private const int Senders = 4;
    private const int Records = 50;

    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    public static string Run(string path)
    {
        int threads = Environment.ProcessorCount;
        if (!ThreadPool.SetMinThreads(threads, 1) || !ThreadPool.SetMaxThreads(threads, 1))
        {
            return "the pool cannot be made so small";
        }

        using CommitLog log = CommitLog.Open(path);
        using ManualResetEventSlim release = new();
        HoldThePool(threads, release);
        if (!RunsWork())
        {
            return "work does not run";
        }

        release.Set();
        TopicOptions options = new() { Partitions = 3 };
        Topic topic = log.EnsureTopicAsync("topic", options).AsTask().GetAwaiter().GetResult();
        foreach (OwnedPartition partition in topic.Partitions)
        {
            // Its segment is there, and known to be.
            partition.Append(new RawRecord("first"u8));
            partition.Log.Flush(partition.EndOffset);
        }

        release.Reset();
        HoldThePool(threads, release);
        bool ended = Sends(log);
        release.Set();
        return !ended ? "sends do not end" : string.Create(
            CultureInfo.InvariantCulture,
            $"{topic.Partitions.Sum(partition => partition.EndOffset)} records");
    }

    /// <summary>What the log has others do is done, right after it was opened.</summary>
    private static bool RunsWork()
    {
        ThreadPoolWorkQueue queue = new();
        using CountdownEvent done = new(3);
        Signal signal = new(done);
        AssuredWork assured = new(queue, signal);
        Limit before = LeaveNoHandle();
        queue.QueueBlocking(signal);
        queue.QueueBlocking(signal);
        assured.Queue();
        bool ran = done.Wait(s_hang);
        Check(SetLimit(NumberOfFiles, ref before));
        return ran;
    }

    private static bool Sends(CommitLog log)
    {
        using Producer<string, byte[]> producer = log.CreateProducer<string, byte[]>(
            "topic", new ProducerOptions { MaxInFlightBytes = 4096 });
        using ManualResetEventSlim famine = new();
        Thread[] senders = [.. Enumerable.Range(0, Senders).Select(_ => new Thread(() =>
        {
            famine.Wait();
            Send(producer);
        })
        { IsBackground = true })];
        Array.ForEach(senders, thread => thread.Start());
        Limit before = LeaveNoHandle();
        famine.Set();
        bool ended = Array.TrueForAll(senders, thread => thread.Join(s_hang));
        Check(SetLimit(NumberOfFiles, ref before));
        return ended;
    }

    private static void HoldThePool(int threads, ManualResetEventSlim release)
    {
        using CountdownEvent held = new(threads);
        for (int i = 0; i < threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    held.Signal();
                    release.Wait();
                },
                null);
        }

        held.Wait();
    }

    private static void Send(Producer<string, byte[]> producer)
    {
        for (int sent = 0; sent < Records;)
        {
            try
            {
                producer.Produce(sent % 2 == 0 ? "key" : null!, new byte[2000]);
                sent++;
            }
            catch (LogIOException)
            {
                // There was no handle for it. It may be stored twice, which does not matter here.
            }
        }
    }

    /// <summary>Sets the limit to the first number that no handle has; returns what it was.</summary>
    private static Limit LeaveNoHandle()
    {
        Limit before = default;
        Check(GetLimit(NumberOfFiles, ref before));
        ulong free = 0;
        while (Path.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{free}")))
        {
            free++;
        }

        Limit none = before with { Soft = free };
        Check(SetLimit(NumberOfFiles, ref none));
        return before;
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"The limit of open files cannot be changed: {result}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ref Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, ref Limit limit);

    private record struct Limit(ulong Soft, ulong Hard);

    private sealed class Signal(CountdownEvent done) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => done.Signal();
    }
}
