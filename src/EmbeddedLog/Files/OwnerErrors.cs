using EmbeddedLog.IO;

namespace EmbeddedLog.Files;

/// <summary>The exceptions that name a directory's owner, each with what to do.</summary>
internal static class OwnerErrors
{
    private const string Wait =
        $"set {nameof(CommitLogOptions)}.{nameof(CommitLogOptions.OwnerTimeout)} to wait until it ends";

    private const string WaitForOffsets =
        $"set {nameof(ReadOnlyLogOptions)}.{nameof(ReadOnlyLogOptions.OffsetsOwnerTimeout)} to wait until it ends";

    /// <summary>The directory is owned, and was not released in time.</summary>
    /// <param name="path">The log's directory.</param>
    /// <param name="owner">The holder of its lock, or null.</param>
    /// <param name="waited">The waiting time as text; null without waiting.</param>
    /// <param name="forOffsets">Whether it holds the offsets of a follower's groups, and not a log.</param>
    public static LogOwnedException Owned(
        string path, LockHolder? owner, string? waited, bool forOffsets = false)
    {
        string inVain = waited is null ? string.Empty : $" The opening waited {waited}.";
        string toWait = waited is not null ? "wait longer" : forOffsets ? WaitForOffsets : Wait;
        string use = forOffsets ? nameof(ReadOnlyLog) : nameof(CommitLog);
        string one = forOffsets
            ? $"Each process that reads a log needs an {nameof(ReadOnlyLogOptions.OffsetsDirectory)} of its own."
            : "A log has one owner at a time.";
        string what = owner switch
        {
            { IsThisProcess: true } =>
                $"'{path}' is open in this process already, as another {use}.{inVain} {one} Share that one in the "
                + "whole process, or dispose it before another is opened.",
            null or { Boot: "", Host: "" } =>
                $"'{path}' is owned by {Name(owner)}.{inVain} {one} Stop the other one, or {toWait}.",
            { IsOnThisMachine: false } =>
                $"'{path}' is owned by {Name(owner)}.{inVain} {one} Stop it there, or {toWait}. Hosts that work at the "
                + "same time need a directory each.",
            { IsInThisContainer: false } =>
                $"'{path}' is owned by {Name(owner)}.{inVain} {one} Stop that container, give each one a volume of its "
                + $"own, or {toWait}.",
            _ => $"'{path}' is owned by {Name(owner)}.{inVain} {one} Stop that process, or {toWait}.",
        };
        return new LogOwnedException(what)
        {
            File = path,
            OwnerProcessId = owner is null || MeansSomethingHere(owner) ? owner?.ProcessId : null,
        };
    }

    /// <summary>The owner as text.</summary>
    public static string Name(LockHolder? owner)
    {
        if (owner is null)
        {
            return "another process";
        }

        string since = owner.Started.Length == 0 ? string.Empty : $", running since {owner.Started}";
        return owner switch
        {
            { IsThisProcess: true } => "another log of this process",
            { Boot: "", Host: "" } => $"process {owner.ProcessId}",
            { IsOnThisMachine: false } => $"process {owner.ProcessId} on another host, '{owner.Host}'{since}",
            { IsInThisContainer: false } =>
                $"another container of this machine, {ContainerOf(owner)} (its process {owner.ProcessId}{since})",
            _ => $"process {owner.ProcessId} of this machine{since}",
        };
    }

    private static string ContainerOf(LockHolder owner) =>
        owner.Container.Length == 0 ? $"host name '{owner.Host}'" : $"'{owner.Container}', host name '{owner.Host}'";

    /// <summary>A process id of another container or host is another process here.</summary>
    private static bool MeansSomethingHere(LockHolder owner) =>
        owner is { Boot: "", Host: "" } || (owner.IsOnThisMachine && owner.IsInThisContainer);
}
