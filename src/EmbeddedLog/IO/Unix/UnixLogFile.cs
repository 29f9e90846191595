using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Unix;

/// <summary>An open file on Linux and macOS: the common part.</summary>
[UnsupportedOSPlatform("windows")]
internal abstract unsafe class UnixLogFile : LogFile
{
    private protected UnixLogFile(SafeFileHandle handle, string path)
    {
        Handle = handle;
        Path = path;
    }

    public override string Path { get; }

    public override long Length => Check("lseek", UnixSyscalls.GetLength(Handle));

    /// <summary>The descriptor. The handle counts its users, so a call after <see cref="Dispose"/> throws.</summary>
    internal SafeFileHandle Handle { get; }

    public override void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Check("ftruncate", UnixSyscalls.SetLength(Handle, length));
    }

    public override int Read(Span<byte> buffer, long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        int done = 0;
        fixed (byte* bytes = buffer)
        {
            while (done < buffer.Length)
            {
                long read = UnixSyscalls.Read(Handle, bytes + done, buffer.Length - done, position + done);
                if (Check("pread", read) == 0)
                {
                    break;
                }

                done += (int)read;
            }
        }

        return done;
    }

    public override void Write(ReadOnlySpan<byte> buffer, long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        fixed (byte* bytes = buffer)
        {
            for (int done = 0; done < buffer.Length;)
            {
                long written = UnixSyscalls.Write(Handle, bytes + done, buffer.Length - done, position + done);

                // A write of zero bytes is not an error of the system, but the loop would never end.
                done += (int)Check("pwrite", written == 0 ? -UnixErrors.DeviceFailure : written);
            }
        }
    }

    public override MappedMemory Map(long length, bool writable)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        int protection = UnixSyscalls.ProtectRead | (writable ? UnixSyscalls.ProtectWrite : 0);
        long address = Check("mmap", UnixSyscalls.Map(Handle, length, protection));
        return WrapMap((byte*)address, length, writable);
    }

    public override void Dispose() => Handle.Dispose();

    private protected abstract MappedMemory WrapMap(byte* pointer, long length, bool writable);

    /// <summary>Throws if the result of a flush is a negated error number.</summary>
    private protected void CheckFlush(string operation, long result)
    {
        if (result < 0)
        {
            throw UnixErrors.FailedFlush(operation, Path, result);
        }
    }

    /// <summary>Passes a result on, or throws if it is a negated error number.</summary>
    private protected long Check(string operation, long result) =>
        result >= 0 ? result : throw UnixErrors.Failure(operation, Path, result);
}
