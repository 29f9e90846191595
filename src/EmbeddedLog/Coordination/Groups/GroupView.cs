namespace EmbeddedLog.Coordination.Groups;

/// <summary>The members of a group at one moment.</summary>
/// <param name="Assignor">How partitions are shared.</param>
/// <param name="Epoch">The number of the present target.</param>
/// <param name="IsMoving">Whether a partition is not with whom it is to be.</param>
/// <param name="Members">The members in the order in which they joined.</param>
internal sealed record GroupView(
    GroupAssignor Assignor, int Epoch, bool IsMoving, IReadOnlyList<GroupMemberDescription> Members);
