namespace EmbeddedLog.Coordination.Groups;

/// <summary>What a consumer's options say about its place in the group.</summary>
/// <param name="ClientName">Its name for people, or null for one that is made up.</param>
/// <param name="Assignor">How the group's partitions are shared.</param>
/// <param name="PollLimit">How long its user may take for a record while another member waits.</param>
internal readonly record struct MemberSettings(string? ClientName, GroupAssignor Assignor, TimeSpan PollLimit);
