namespace EmbeddedLog;

/// <summary>How the partitions of a group's topics are shared among its members.</summary>
public enum GroupAssignor
{
    /// <summary>
    /// Members with the same topics get equally many partitions, to within one, and keep those that they have: a join
    /// or a leave moves no more than that requires. As Kafka's <c>uniform</c> (KIP-848).
    /// </summary>
    Uniform,

    /// <summary>
    /// Each topic by itself: its partitions in the order of their numbers, in ranges of equal length, the first members
    /// one more if they do not divide evenly. Topics with equally many partitions are shared alike, so that one member
    /// gets the same numbers of each. As Kafka's <c>range</c>, with the members in the order in which they joined.
    /// </summary>
    Range,
}
