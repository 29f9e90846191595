using System.Runtime.InteropServices;
using System.Text;
using EmbeddedLog.IO;

namespace EmbeddedLog.Torture.Load;

/// <summary>
/// The child's end of the pipe. A message has left the process when the call returns, and is never split: a write of up
/// to 4,096 bytes to a pipe is atomic. Safe from any thread.
/// </summary>
internal sealed class LoadReport : IDisposable
{
    private const int AtomicBytes = 4096;

    /// <summary>Unbuffered: each write is a system call.</summary>
    private readonly Stream _pipe = Console.OpenStandardOutput();

    public void Tell(LoadMessageKind kind) => Send(new LoadMessage { Kind = kind });

    public void Ready() => Send(new LoadMessage { Kind = LoadMessageKind.Ready, Sequence = Environment.ProcessId });

    public void Appended(
        LoadIdentity first, int topic, int partition, long offset, int count, Durability level) => Send(new LoadMessage
        {
            Kind = LoadMessageKind.Appended,
            IsFlushed = level == Durability.Flushed,
            Topic = (byte)topic,
            Partition = (byte)partition,
            Producer = first.Producer,
            Sequence = first.Sequence,
            Offset = offset,
            Count = count,
        });

    public void Flushed(int topic, int partition, long upTo) => Send(new LoadMessage
    {
        Kind = LoadMessageKind.Flushed,
        Topic = (byte)topic,
        Partition = (byte)partition,
        Offset = upTo,
    });

    /// <summary>Reports failed appends, with the exception if the load does not expect it.</summary>
    /// <param name="first">The first record.</param>
    /// <param name="topic">The topic's place.</param>
    /// <param name="count">The number of records.</param>
    /// <param name="failure">The exception.</param>
    /// <param name="refused">Whether nothing was appended according to the exception.</param>
    public LoadFailure Failed(LoadIdentity first, int topic, int count, Exception failure, bool refused)
    {
        LoadFailure why = KindOf(failure);
        Send(new LoadMessage
        {
            Kind = refused ? LoadMessageKind.Refused : LoadMessageKind.Unclear,
            Failure = why,
            Topic = (byte)topic,
            Producer = first.Producer,
            Sequence = first.Sequence,
            Count = count,
        });
        if (why is LoadFailure.PartitionFailed or LoadFailure.Other)
        {
            Tell(LoadMessageKind.Note, $"{first}: {failure}", why);
        }

        return why;
    }

    public void Commit(LoadMessageKind kind, int group, int partition, long offset, Durability level) =>
        Send(new LoadMessage
        {
            Kind = kind,
            IsFlushed = level == Durability.Flushed,
            Group = (byte)group,
            Topic = (byte)LoadGroup.All[group].Topic,
            Partition = (byte)partition,
            Offset = offset,
        });

    /// <summary>Sends a message with a text, cut to the size of an atomic write.</summary>
    public void Tell(LoadMessageKind kind, string text, LoadFailure failure = LoadFailure.None)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = Math.Min(bytes.Length, AtomicBytes - LoadMessage.Bytes);
        byte[] all = new byte[LoadMessage.Bytes + length];
        MemoryMarshal.Write(all, new LoadMessage { Kind = kind, Failure = failure, Count = length });
        bytes.AsSpan(0, length).CopyTo(all.AsSpan(LoadMessage.Bytes));
        _pipe.Write(all);
    }

    /// <summary>The load's failure for an exception of the library.</summary>
    public static LoadFailure KindOf(Exception failure) => failure switch
    {
        DiskFullException => LoadFailure.DiskFull,
        LogDirectoryException { InnerException: not FileSystemException } => LoadFailure.DirectoryGone,
        PartitionFailedException { InnerException: LogDirectoryException } => LoadFailure.DirectoryGone,
        PartitionFailedException => LoadFailure.PartitionFailed,
        CorruptLogException damage
            when damage.GetBaseException() is FileSystemException { Error: FileSystemError.NotFound } =>
            LoadFailure.FileGone,
        LogIOException { InnerException: FileSystemException { Error: FileSystemError.NotFound } } =>
            LoadFailure.FileGone,
        ObjectDisposedException => LoadFailure.Closed,
        LogIOException { InnerException: FileSystemException lacking }
            when lacking.Error is FileSystemError.TooManyFiles or FileSystemError.OutOfMemory => LoadFailure.NoHandles,
        _ => LoadFailure.Other,
    };

    public void Dispose() => _pipe.Dispose();

    private void Send(in LoadMessage message)
    {
        Span<byte> bytes = stackalloc byte[LoadMessage.Bytes];
        MemoryMarshal.Write(bytes, message);
        _pipe.Write(bytes);
    }
}
