namespace EmbeddedLog.Format;

/// <summary>
/// The layout of the file in which an owner publishes its state for followers. See FORMAT.md, "Control".
/// </summary>
internal static class ControlLayout
{
    /// <summary>The size of the page before the first slot.</summary>
    public const int HeaderBytes = 4096;

    /// <summary>The size of the checksummed block at the beginning of the file.</summary>
    public const int BlockBytes = 128;

    /// <summary>Position of the word that changes with each opening and closing: generation and state.</summary>
    public const int WordAt = 128;

    /// <summary>Position of the count of changes to the set of topics.</summary>
    public const int TopicsAt = 136;

    /// <summary>Position of the number of slots in use.</summary>
    public const int SlotsAt = 144;

    /// <summary>The size of a slot: a cache line, so that the writers of two partitions do not share one.</summary>
    public const int SlotBytes = 64;

    /// <summary>
    /// In a slot, position of the published end; <see cref="Unpublished"/> if only the frames have it.
    /// </summary>
    public const int EndAt = 0;

    /// <summary>In a slot, position of the number of changes to the list of segments.</summary>
    public const int VersionAt = 8;

    /// <summary>
    /// In a slot, position of the first durable end. There are two, each with a check behind it, and the owner stores
    /// to them in turn: one of them is always whole.
    /// </summary>
    public const int DurableAt = 16;

    /// <summary>In a slot, position of the second durable end.</summary>
    public const int OtherDurableAt = 32;

    /// <summary>In a slot, position of the topic's uid; zero in a free slot.</summary>
    public const int TopicUidAt = 48;

    /// <summary>In a slot, position of the partition's number.</summary>
    public const int PartitionAt = 56;

    /// <summary>The distance of a durable end's check from it.</summary>
    public const int ToDurableCheck = 8;

    /// <summary>How many bits of a word are generation and state.</summary>
    private const int WordBits = 33;

    /// <summary>The value for an end that is not kept in the slot.</summary>
    public const long Unpublished = -1;

    /// <summary>The position of a slot in the file.</summary>
    public static long PositionOf(int slot) => HeaderBytes + ((long)slot * SlotBytes);

    /// <summary>The word of a generation in a state, with a check in its upper bits.</summary>
    public static ulong Word(ulong generation, ControlState state)
    {
        ulong content = (generation << 2) | (ulong)state;
        return content | (Check(content) >> WordBits << WordBits);
    }

    /// <summary>The state in a word; <see cref="ControlState.None"/> if it has none.</summary>
    public static ControlState StateOf(ulong word) =>
        word == Word(GenerationOf(word), (ControlState)(word & 3)) ? (ControlState)(word & 3) : ControlState.None;

    /// <summary>The generation in a word.</summary>
    public static ulong GenerationOf(ulong word) => (word & ((1UL << WordBits) - 1)) >> 2;

    /// <summary>
    /// The check beside a durable end, so that one bad bit does not change which records count as on the disk.
    /// </summary>
    public static ulong DurableCheck(long durable) => Check((ulong)durable);

    /// <summary>A change of one bit changes the result, and the check of zero is not zero.</summary>
    private static ulong Check(ulong content) => (content + 1) * 0x9E3779B97F4A7C15;
}
