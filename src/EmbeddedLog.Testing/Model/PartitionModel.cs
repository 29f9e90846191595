namespace EmbeddedLog.Testing.Model;

/// <summary>The model of one partition: all appended records, and how many of them each crash may take.</summary>
internal sealed class PartitionModel
{
    /// <summary>
    /// All appended records by offset, also removed ones; at the end perhaps those under way when the machine stopped.
    /// </summary>
    public List<ModelRecord> Records { get; } = [];

    /// <summary>
    /// The records that each epoch's readers can have seen, as of its last moment: the ids by offset.
    /// </summary>
    public Dictionary<uint, long[]> Seen { get; } = [];

    /// <summary>The offset below which everything was acknowledged as written.</summary>
    public long Written { get; private set; }

    /// <summary>The offset below which everything was acknowledged as flushed.</summary>
    public long Flushed { get; private set; }

    /// <summary>The log's start.</summary>
    public long Start { get; set; }

    /// <summary>A start that a power loss cannot take back.</summary>
    public long DurableStart { get; set; }

    /// <summary>The greatest requested start.</summary>
    public long GreatestStart { get; set; }

    /// <summary>The epoch of new records.</summary>
    public uint Epoch { get; set; }

    /// <summary>Takes records as appended, or as under way.</summary>
    public void Append(IEnumerable<ModelRecord> records, bool acknowledged)
    {
        Records.AddRange(records);
        if (acknowledged)
        {
            Written = Records.Count;
        }
    }

    /// <summary>Notes that everything below an offset was acknowledged as flushed.</summary>
    public void Flush(long upTo) => Flushed = Math.Max(Flushed, upTo);

    /// <summary>Notes the records that readers of the present epoch can have seen.</summary>
    public void RememberSeen() => Seen[Epoch] = [.. Records.Select(record => record.Id)];

    /// <summary>Takes over the records after a crash; they are all on the disk then.</summary>
    /// <returns>How many records are gone.</returns>
    public long Recover(long end)
    {
        long lost = Records.Count - end;
        Records.RemoveRange((int)end, (int)lost);
        Written = Flushed = end;
        return lost;
    }

    /// <summary>The offset of the first record at or after a time, from the start on; null if there is none.</summary>
    public long? FindOffset(long timestamp)
    {
        for (long offset = Start; offset < Records.Count; offset++)
        {
            if (Records[(int)offset].Timestamp >= timestamp)
            {
                return offset;
            }
        }

        return null;
    }
}
