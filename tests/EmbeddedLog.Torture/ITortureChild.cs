namespace EmbeddedLog.Torture;

/// <summary>
/// The part of a mode that runs in a separate process, which may be killed or have its system calls fail: this program
/// started with "child", the name, and the arguments. See <see cref="ChildProcess"/>.
/// </summary>
internal interface ITortureChild
{
    /// <summary>The word after "child" on the command line.</summary>
    string Name { get; }

    /// <summary>Returns the exit code.</summary>
    Task<int> RunAsync(IReadOnlyList<string> arguments);
}
