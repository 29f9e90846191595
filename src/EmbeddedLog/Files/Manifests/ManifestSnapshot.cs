using EmbeddedLog.Format.Manifests;

namespace EmbeddedLog.Files.Manifests;

/// <summary>A whole manifest in as few records as possible. It replaces a file that has grown.</summary>
internal static class ManifestSnapshot
{
    /// <summary>The size of the snapshot of <paramref name="state"/>, in bytes.</summary>
    public static long Measure(ManifestState state) =>
        ManifestHeader.Bytes + ((state.Count + 1L) * ManifestRecord.Bytes);

    /// <summary>Encodes <paramref name="state"/>, for a file that gets its name after its flush.</summary>
    public static byte[] Encode(ManifestState state, in ManifestHeader header)
    {
        byte[] contents = new byte[Measure(state)];
        header.Write(contents);

        // The file is flushed before it is named, so each record may say that all bytes before it are on the disk.
        int position = ManifestHeader.Bytes;
        uint first = state.Count == 0 ? state.NextSequence : state.Segments[0].Sequence;
        ManifestRecord.LogStart(state.LogStartOffset, first, FirstInOrder(state), position)
            .Write(contents.AsSpan(position), header.TopicUid, position);
        foreach (SegmentEntry segment in state.Segments)
        {
            position += ManifestRecord.Bytes;
            ManifestRecord.Add(segment, position).Write(contents.AsSpan(position), header.TopicUid, position);
        }

        return contents;
    }

    /// <summary>The first sequence below all later ones. Sequences of salvaged segments are out of order.</summary>
    private static uint FirstInOrder(ManifestState state)
    {
        foreach (SegmentEntry segment in state.Segments)
        {
            if (!segment.IsSalvaged)
            {
                return segment.Sequence;
            }
        }

        return state.NextSequence;
    }
}
