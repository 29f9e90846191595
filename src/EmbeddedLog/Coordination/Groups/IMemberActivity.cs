namespace EmbeddedLog.Coordination.Groups;

/// <summary>Whether a member's user still reads. Safe to call from any thread.</summary>
internal interface IMemberActivity
{
    /// <summary>Changes whenever the user asks for the next record or batch.</summary>
    long Steps { get; }

    /// <summary>Whether the user waits for a record at present.</summary>
    bool IsWaiting { get; }
}
