using System.Buffers;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;

namespace EmbeddedLog.Segments.Index;

/// <summary>
/// Keeps the index of a sealed segment from one opening to the next. Nothing is flushed: after a crash a torn file
/// fails its checksum, and the index is built again from the segment.
/// </summary>
internal static class SegmentIndexFile
{
    /// <summary>A multiple of the size of an entry.</summary>
    private const int BufferBytes = 1 << 14;

    /// <summary>Writes the index; one that is too large to be read back is not written.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="index">The index.</param>
    /// <param name="segmentUid">The segment's uid.</param>
    /// <param name="endPosition">Where the segment's log ends: the index has seen all frames up to there.</param>
    public static void Save(FileSystem files, string path, SegmentIndex index, ulong segmentUid, uint endPosition)
    {
        ReadOnlySpan<IndexEntry> entries = index.Entries;
        if (entries.Length > IndexCodec.MaxEntries)
        {
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using ReplacementFile file = ReplacementFile.Begin(files, path);
            Span<byte> header = stackalloc byte[IndexCodec.HeaderBytes];
            uint crc = IndexCodec.WriteHeader(header, segmentUid, endPosition, entries.Length);
            file.Write(header);
            while (!entries.IsEmpty)
            {
                int count = Math.Min(entries.Length, BufferBytes / IndexCodec.EntryBytes);
                Span<byte> bytes = buffer.AsSpan(0, count * IndexCodec.EntryBytes);
                for (int i = 0; i < count; i++)
                {
                    IndexCodec.WriteEntry(bytes[(i * IndexCodec.EntryBytes)..], entries[i]);
                }

                crc = Crc32C.Append(crc, bytes);
                file.Write(bytes);
                entries = entries[count..];
            }

            IndexCodec.WriteCrc(header, crc);
            file.WriteAt(header, 0);
            file.Close();
            file.Rename();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Reads the index back; null if it is missing, unreadable, damaged, or not of this segment up to this end.
    /// Allocates at most <see cref="IndexCodec.MaxEntries"/> entries, whatever the file says.
    /// </summary>
    public static SegmentIndex? TryLoad(FileSystem files, string path, ulong segmentUid, uint endPosition)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            if (!files.FileExists(path))
            {
                return null;
            }

            using LogFile file = files.OpenFile(path, FileOpening.Read);
            int read = file.Read(buffer.AsSpan(0, IndexCodec.HeaderBytes), 0);
            bool isOurs = IndexCodec.TryReadHeader(
                buffer.AsSpan(0, read), segmentUid, endPosition, out int count, out uint register, out uint stored);
            bool isWhole = file.Length == IndexCodec.HeaderBytes + ((long)count * IndexCodec.EntryBytes);
            if (!isOurs || !isWhole)
            {
                return null;
            }

            IndexEntry[]? entries = ReadEntries(file, count, buffer.AsSpan(0, BufferBytes), ref register);
            return entries is not null && Crc32C.Finish(register) == stored && IsPlausible(entries, endPosition)
                ? new SegmentIndex(entries, count)
                : null;
        }
        catch (FileSystemException)
        {
            // Derived data is not worth a failure: reading the segment itself will show whether the device can be read.
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static IndexEntry[]? ReadEntries(LogFile file, int count, Span<byte> buffer, ref uint register)
    {
        IndexEntry[] entries = new IndexEntry[count];
        int done = 0;
        while (done < count)
        {
            int wanted = Math.Min(count - done, buffer.Length / IndexCodec.EntryBytes);
            Span<byte> bytes = buffer[..(wanted * IndexCodec.EntryBytes)];
            if (file.Read(bytes, IndexCodec.HeaderBytes + ((long)done * IndexCodec.EntryBytes)) != bytes.Length)
            {
                return null;
            }

            register = Crc32C.Append(register, bytes);
            for (int i = 0; i < wanted; i++)
            {
                entries[done++] = IndexCodec.ReadEntry(bytes[(i * IndexCodec.EntryBytes)..]);
            }
        }

        return entries;
    }

    /// <summary>
    /// A search trusts the entries, so they must not lead out of the segment, not even in a forged file.
    /// </summary>
    private static bool IsPlausible(ReadOnlySpan<IndexEntry> entries, uint endPosition)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            bool follows = i == 0
                ? entries[0].Position >= SegmentHeader.PageBytes
                : SegmentIndex.Ascends(entries[i - 1], entries[i]);
            if (!follows)
            {
                return false;
            }
        }

        // The last entry is at the end itself: it has the greatest timestamp of all.
        return entries.IsEmpty || entries[^1].Position <= endPosition;
    }
}
