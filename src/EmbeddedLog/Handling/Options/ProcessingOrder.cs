namespace EmbeddedLog;

/// <summary>Which records of a partition are handled one after the other.</summary>
public enum ProcessingOrder
{
    /// <summary>All of them, in the order of their offsets.</summary>
    Partition,

    /// <summary>
    /// Those with the same key, in the order of their offsets. A key is its bytes in its partition. Records without a
    /// key are in no order.
    /// </summary>
    Key,
}
