namespace AccessLog.Input;

/// <summary>A line that is no log line, as it is kept in the topic <c>rejected</c>.</summary>
/// <param name="Source">The name of the source it stood in.</param>
/// <param name="Line">Its number there, from one.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="Text">Its first <see cref="KeptBytes"/> bytes.</param>
internal sealed record RejectedLine(string Source, long Line, string Reason, string Text)
{
    /// <summary>So much of a rejected line is kept: enough to see what it is, however long it was.</summary>
    public const int KeptBytes = 1024;
}
