using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Model;

/// <summary>A sector of a segment that will replace another one among its records.</summary>
/// <param name="Path">The segment's file.</param>
/// <param name="From">The sector.</param>
/// <param name="To">Its new place.</param>
internal sealed record SectorSwap(string Path, long From, long To)
{
    /// <summary>Chooses one of a partition with readable records; null if it has too few.</summary>
    public static SectorSwap? Choose(PartitionLog log, in ModelStep step)
    {
        Segment[] segments = [.. log.Segments.Items.ToArray().Where(segment => segment.BaseOffset >= log.StartOffset)];
        if (segments.Length == 0)
        {
            return null;
        }

        Segment segment = segments[step.Choice % segments.Length];
        long end = segment.EndPosition == long.MaxValue ? log.Writer.TailPosition : segment.EndPosition;
        int sectors = (int)((end - SegmentHeader.PageBytes) / SimulatedDisk.SectorBytes);
        return sectors < 2 ? null : new SectorSwap(segment.Path, At(step.Amount % sectors), At(step.Size % sectors));
    }

    /// <summary>Overwrites the place; false if that changes nothing.</summary>
    public bool TryDo(FileSystem files)
    {
        byte[] sector = new byte[SimulatedDisk.SectorBytes];
        byte[] before = new byte[SimulatedDisk.SectorBytes];
        using LogFile file = files.OpenFile(Path, FileOpening.ReadWrite);
        file.Read(sector, From);
        file.Read(before, To);
        file.Write(sector, To);
        return !sector.AsSpan().SequenceEqual(before);
    }

    private static long At(int sector) => SegmentHeader.PageBytes + ((long)sector * SimulatedDisk.SectorBytes);
}
