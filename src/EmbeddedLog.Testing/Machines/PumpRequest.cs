namespace EmbeddedLog.Testing.Machines;

/// <summary>Something that only the outermost loop of a simulation can do.</summary>
internal sealed class PumpRequest
{
    private readonly TaskCompletionSource _done = new();

    /// <summary>Does a part of it; returns whether that was the last one.</summary>
    public required Func<bool> Step { get; init; }

    /// <summary>Whether it comes before what is queued; otherwise when nothing is queued.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>Whether it is asked for by code that survives a crash.</summary>
    public bool Survives { get; set; }

    /// <summary>Completes when it is done.</summary>
    public Task Task => _done.Task;

    /// <summary>It is done: whoever has asked goes on, here.</summary>
    public void Complete() => _done.SetResult();

    /// <summary>It cannot be done.</summary>
    public void Fail(Exception failure) => _done.SetException(failure);
}
