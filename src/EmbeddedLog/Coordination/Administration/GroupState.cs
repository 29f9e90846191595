namespace EmbeddedLog;

/// <summary>What a group is doing.</summary>
public enum GroupState
{
    /// <summary>It has no members: nobody reads for it.</summary>
    Empty,

    /// <summary>Each partition is with the member that is to have it.</summary>
    Stable,

    /// <summary>Partitions are on their way from one member to another.</summary>
    Rebalancing,
}
