namespace EmbeddedLog.Torture;

/// <summary>
/// What a mode runs in a process of its own, to be killed or to have its system calls fail: this program started with
/// "child", the name, and the arguments. See <see cref="ChildProcess"/>.
/// </summary>
internal interface ITortureChild
{
    /// <summary>The word behind "child" on the command line.</summary>
    string Name { get; }

    /// <summary>Returns the exit code.</summary>
    Task<int> RunAsync(IReadOnlyList<string> arguments);
}
