using System.Diagnostics;
using System.Globalization;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;

namespace EmbeddedLog.Tests.Probe;

/// <summary>
/// A process of its own for what a test cannot do to itself: to run with failing system calls, to be killed, to die of
/// a signal. The first argument says what to do, the second with which path; the outcome is one line on standard
/// output.
/// </summary>
internal static class Program
{
    private const int Chunk = 64 * 1024;

    private static int Main(string[] arguments)
    {
        if (arguments.Length != 2)
        {
            Console.Error.WriteLine("usage: probe <command> <path>");
            return 2;
        }

        FileSystem files = RealPlatform.Create(TimeProvider.System).Files;
        string path = arguments[1];
        try
        {
            Console.WriteLine(Run(files, arguments[0], path));
        }
        catch (FileSystemException e)
        {
            Console.WriteLine($"{e.Operation} {e.Error} {e.SystemCode}");
        }

        return 0;
    }

    private static string Run(FileSystem files, string command, string path) => command switch
    {
        "flush" => Flush(files, path),
        "flush-together" => FlushTogether(files, path),
        "runtime-flush" => RuntimeFlush(path),
        "sync-directory" => SyncDirectory(files, path),
        "allocate" => Allocate(files, path),
        "all-calls" => AllCalls(files, path),
        "lock" => Lock(files, path),
        "hold-lock" => HoldLock(files, path),
        "cache-identity" => files.GetCacheIdentity(path).ToString(),
        "prepare" => Prepare(files, path),
        "store-without-block" => StoreWithoutBlock(files, path),
        "hold-log" => HeldLog.Run(path),
        "starved-pool" => StarvedPool.Run(path),
        "starved-closing" => StarvedClosing.Run(path),
        "no-threads" => NoThreads.Run(path),
        "append-all" => HeldLog.AppendAll(path),
        "follow" => HeldLog.Follow(path),
        _ => throw new ArgumentException($"There is no command '{command}'.", nameof(command)),
    };

    private static string Flush(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.CreateNew);
        file.Write([1], 0);
        file.Flush(0, 1);
        return "success";
    }

    /// <summary>Three files with one call; how each ended.</summary>
    private static string FlushTogether(FileSystem files, string path)
    {
        FileFlush[] flushes = [.. Enumerable.Range(1, 3)
            .Select(number => new FileFlush(files.OpenFile($"{path}{number}", FileOpening.CreateNew), 0, 1))];
        foreach (FileFlush flush in flushes)
        {
            flush.File.Write([1], 0);
        }

        files.FlushTogether(flushes);
        return string.Join(", ", flushes.Select(flush =>
        {
            flush.File.Dispose();
            return flush.Failure is { } failure ? $"{failure.Operation} {failure.SystemCode}" : "success";
        }));
    }

    /// <summary>What the log must not use, and why: both calls come back as if the disk had the bytes.</summary>
    private static string RuntimeFlush(string path)
    {
        using FileStream stream = new(path, FileMode.CreateNew);
        stream.WriteByte(1);
#pragma warning disable RS0030 // The ban rests on what this shows.
        stream.Flush(flushToDisk: true);
        RandomAccess.FlushToDisk(stream.SafeFileHandle);
#pragma warning restore RS0030
        return "success";
    }

    private static string SyncDirectory(FileSystem files, string path)
    {
        files.SyncDirectory(path);
        return "success";
    }

    private static string Allocate(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.CreateNew);
        file.Allocate(0, Chunk);
        return "success";
    }

    /// <summary>Every call that a signal may interrupt, with its effect checked.</summary>
    private static string AllCalls(FileSystem files, string path)
    {
        using IDisposable? held = files.TryLock(path);
        using LogFile file = files.OpenFile(path + ".file", FileOpening.CreateNew);
        file.Allocate(0, Chunk);
        file.Write("written"u8, Chunk);
        file.SetLength(Chunk + 4);
        file.Flush(0, Chunk);
        FileFlush[] together = [new(file, 0, Chunk)];
        files.FlushTogether(together);
        files.SyncDirectory(Path.GetDirectoryName(path)!);
        bool allocates = files.GetTraits(Path.GetDirectoryName(path)!).CanAllocate;
        byte[] read = new byte[8];
        int count = file.Read(read, Chunk);
        bool isRead = file.Length == Chunk + 4 && read.AsSpan(0, count).SequenceEqual("writ"u8);
        return held is not null && allocates && isRead && together[0].Failure is null
            ? "success"
            : "wrong";
    }

    private static string Lock(FileSystem files, string path)
    {
        using IDisposable? held = files.TryLock(path);
        return held is null ? "held" : "success";
    }

    /// <summary>Holds the lock and has a child that outlives this process, until standard input ends.</summary>
    private static string HoldLock(FileSystem files, string path)
    {
        using IDisposable? held = files.TryLock(path);
        using Process child = Process.Start("sleep", "600");
        Console.WriteLine(held is null ? "held" : child.Id.ToString(CultureInfo.InvariantCulture));
        Console.In.ReadToEnd();
        return "released";
    }

    private static string Prepare(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.CreateNew);
        file.Write(new byte[Chunk], 0);
        using MappedMemory map = file.Map(Chunk, writable: true);
        return $"write {map.TryPrepareForWrite(0, Chunk)}, read {map.TryPrepareForRead(0, Chunk)}";
    }

    private static unsafe string StoreWithoutBlock(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.CreateNew);
        using MappedMemory map = file.Map(Chunk, writable: true);
        Console.WriteLine("storing");
        map.Pointer[0] = 1;
        return "survived";
    }
}
