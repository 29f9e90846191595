namespace EmbeddedLog.Format;

/// <summary>
/// Where things stand in the file through which an owner tells followers what is new. See FORMAT.md, "Control".
/// </summary>
internal static class ControlLayout
{
    /// <summary>The size of the page before the first slot.</summary>
    public const int HeaderBytes = 4096;

    /// <summary>The size of the checksummed block that the file begins with.</summary>
    public const int BlockBytes = 128;

    /// <summary>Where the word stands that changes with each opening and closing: generation and state.</summary>
    public const int WordAt = 128;

    /// <summary>Where the count of changes to the set of topics stands.</summary>
    public const int TopicsAt = 136;

    /// <summary>Where the number of slots stands that may be looked at.</summary>
    public const int SlotsAt = 144;

    /// <summary>The size of a slot: a cache line, so that the writers of two partitions do not share one.</summary>
    public const int SlotBytes = 64;

    /// <summary>Where a slot has the published end; <see cref="Unpublished"/> where the frames tell it.</summary>
    public const int EndAt = 0;

    /// <summary>Where a slot has the number of changes to the list of segments.</summary>
    public const int VersionAt = 8;

    /// <summary>Where a slot has the durable end.</summary>
    public const int DurableAt = 16;

    /// <summary>Where a slot has the topic's uid; zero in a free one.</summary>
    public const int TopicUidAt = 24;

    /// <summary>Where a slot has the partition's number.</summary>
    public const int PartitionAt = 32;

    /// <summary>Where a slot has the check of the durable end.</summary>
    public const int DurableCheckAt = 40;

    /// <summary>How many bits of a word are generation and state.</summary>
    private const int WordBits = 33;

    /// <summary>Stands for an end that is not kept in the slot.</summary>
    public const long Unpublished = -1;

    /// <summary>The position of a slot in the file.</summary>
    public static long PositionOf(int slot) => HeaderBytes + ((long)slot * SlotBytes);

    /// <summary>The word of a generation in a state, with a check in its upper bits.</summary>
    public static ulong Word(ulong generation, ControlState state)
    {
        ulong content = (generation << 2) | (ulong)state;
        return content | (Check(content) >> WordBits << WordBits);
    }

    /// <summary>The state that a word tells; <see cref="ControlState.None"/> where it is not one.</summary>
    public static ControlState StateOf(ulong word) =>
        word == Word(GenerationOf(word), (ControlState)(word & 3)) ? (ControlState)(word & 3) : ControlState.None;

    /// <summary>The generation that a word tells.</summary>
    public static ulong GenerationOf(ulong word) => (word & ((1UL << WordBits) - 1)) >> 2;

    /// <summary>What stands beside a durable end, so that one bad bit does not pass for what is on the disk.</summary>
    public static ulong DurableCheck(long durable) => Check((ulong)durable);

    /// <summary>Any change of one bit changes the result, and zero is not its own.</summary>
    private static ulong Check(ulong content) => (content + 1) * 0x9E3779B97F4A7C15;
}
