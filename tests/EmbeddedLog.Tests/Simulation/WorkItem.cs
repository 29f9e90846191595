namespace EmbeddedLog.Tests.Simulation;

/// <summary>A work item made of a function.</summary>
internal sealed class WorkItem(Action action) : IThreadPoolWorkItem
{
    public void Execute() => action();
}
