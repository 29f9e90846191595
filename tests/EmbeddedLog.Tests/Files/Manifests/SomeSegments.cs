using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format.Manifests;

namespace EmbeddedLog.Tests.Files.Manifests;

/// <summary>Segments for tests to add.</summary>
internal static class SomeSegments
{
    /// <summary>The uid that the segment of this sequence has in tests.</summary>
    public static ulong UidOf(uint sequence) => 0x5E60_0000_0000_0000UL | sequence;

    /// <summary>A segment behind the last one, a hundred offsets further.</summary>
    public static SegmentEntry Next(Manifest manifest)
    {
        uint sequence = manifest.NextSequence;
        return manifest.Segments.Count == 0
            ? new SegmentEntry(sequence, UidOf(sequence), manifest.LogStartOffset, 1, 0, 0)
            : After(manifest.Segments[^1], sequence);
    }

    /// <summary>A segment behind <paramref name="predecessor"/>, a hundred offsets further.</summary>
    public static SegmentEntry After(in SegmentEntry predecessor, uint sequence) => new(
        sequence, UidOf(sequence), predecessor.BaseOffset + 100, predecessor.Epoch, predecessor.Uid, 16_384);

    /// <summary>Adds this many segments.</summary>
    public static void Extend(Manifest manifest, int count)
    {
        for (int i = 0; i < count; i++)
        {
            manifest.Add(Next(manifest));
        }
    }
}
