using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Testing.Faults;

/// <summary>A file whose calls can be made to fail.</summary>
internal sealed class FaultingFile(LogFile inner, FaultCounter counter) : LogFile
{
    /// <summary>The file that the calls go to.</summary>
    public LogFile Inner => inner;

    public override string Path => inner.Path;

    public override int DirectUnitBytes => inner.DirectUnitBytes;

    public override long Length
    {
        get
        {
            counter.CountOrThrow(FaultKind.GetLength, Path);
            return inner.Length;
        }
    }

    public override void Allocate(long position, long length)
    {
        counter.CountOrThrow(FaultKind.Allocate, Path);
        inner.Allocate(position, length);
    }

    public override void SetLength(long length)
    {
        counter.CountOrThrow(FaultKind.SetLength, Path);
        inner.SetLength(length);
    }

    public override int Read(Span<byte> buffer, long position)
    {
        counter.CountOrThrow(FaultKind.Read, Path);
        return inner.Read(buffer, position);
    }

    public override void Write(ReadOnlySpan<byte> buffer, long position)
    {
        if (counter.Count(FaultKind.Write, Path) is { } fault)
        {
            inner.Write(buffer[..Math.Min(fault.WrittenBytes, buffer.Length)], position);
            throw fault.ToException(FaultKind.Write, Path);
        }

        inner.Write(buffer, position);
    }

    public override void Flush(long position, long length)
    {
        counter.Flushing?.Invoke();
        if (counter.Count(FaultKind.Flush, Path) is { } fault)
        {
            // A real system drops the bytes that it could not write, and so does the simulated one.
            if (inner is SimulatedFile simulated)
            {
                simulated.FailFlush(position, length);
            }

            throw fault.ToException(FaultKind.Flush, Path);
        }

        inner.Flush(position, length);
    }

    public override void BeginFlush(long position, long length) => inner.BeginFlush(position, length);

    public override MappedMemory Map(long length, bool writable)
    {
        counter.CountOrThrow(FaultKind.Map, Path);
        return new FaultingMap(inner.Map(length, writable), counter);
    }

    public override bool TryDropPages(MappedMemory map, long position, long length) =>
        inner.TryDropPages(map, position, length);

    public override void DropPages(long position, long length) => inner.DropPages(position, length);

    public override void Dispose() => inner.Dispose();
}
