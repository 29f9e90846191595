namespace AccessLog.Input;

/// <summary>A line that is not a log line, as kept in the topic <c>rejected</c>.</summary>
/// <param name="Source">The name of its source.</param>
/// <param name="Line">Its number there, from one.</param>
/// <param name="Reason">Its fault.</param>
/// <param name="Text">Its first <see cref="KeptBytes"/> bytes.</param>
internal sealed record RejectedLine(string Source, long Line, string Reason, string Text)
{
    /// <summary>The kept bytes of a rejected line: enough to recognize it.</summary>
    public const int KeptBytes = 1024;
}
