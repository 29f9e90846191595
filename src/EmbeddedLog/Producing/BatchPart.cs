using EmbeddedLog.Format.Frames;
using EmbeddedLog.Partitions.Appending;

namespace EmbeddedLog.Producing;

/// <summary>The records of one call for one partition, appended together.</summary>
internal sealed class BatchPart(PartitionSender sender, RecordBatch batch)
{
    /// <summary>The partition.</summary>
    public PartitionSender Sender => sender;

    /// <summary>The records.</summary>
    public RecordBatch Batch => batch;

    /// <summary>The bytes that they take in the log.</summary>
    public long FrameBytes =>
        ((long)AppendRules.FrameLength(batch) + FrameLayout.Alignment - 1) & -FrameLayout.Alignment;

    /// <summary>The first record's offset, once they are appended.</summary>
    public long FirstOffset { get; private set; }

    /// <summary>The offset after the last record, once they are appended.</summary>
    public long EndOffset => FirstOffset + batch.Count;

    /// <summary>The timestamp of the records without a given one, once they are appended.</summary>
    public long Timestamp { get; private set; }

    /// <summary>Whether the log gives all records that timestamp.</summary>
    public bool AppendTime { get; private set; }

    /// <summary>Throws as the append would because of the records.</summary>
    public void Check()
    {
        AppendTime = sender.Log.Settings.AppendTime;
        sender.Log.Check(batch);
    }

    /// <summary>Appends them.</summary>
    public void Append()
    {
        FirstOffset = sender.Append(batch, out long timestamp);
        Timestamp = timestamp;
    }
}
