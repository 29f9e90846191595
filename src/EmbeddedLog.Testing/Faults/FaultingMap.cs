using EmbeddedLog.IO;

namespace EmbeddedLog.Testing.Faults;

/// <summary>A map whose preparations can fail on purpose.</summary>
internal sealed unsafe class FaultingMap(MappedMemory inner, FaultCounter counter) : MappedMemory
{
    public override byte* Pointer => inner.Pointer;

    public override long Length => inner.Length;

    public override bool TryPrepareForWrite(long position, long length) =>
        counter.Count(FaultKind.PrepareForWrite) is null && inner.TryPrepareForWrite(position, length);

    public override void PreferLargePages(bool large) => inner.PreferLargePages(large);

    public override void ForgetTouches(long position, long length) => inner.ForgetTouches(position, length);

    public override bool TryPrepareForRead(long position, long length) =>
        counter.Count(FaultKind.PrepareForRead) is null && inner.TryPrepareForRead(position, length);

    public override void LetGo(long position, long length) => inner.LetGo(position, length);

    public override void Dispose() => inner.Dispose();
}
