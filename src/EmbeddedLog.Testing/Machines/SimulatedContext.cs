using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Testing.Machines;

/// <summary>
/// Brings the user's code back to the simulation after an await, whatever completes what it has waited for: that runs
/// later, as one of the waiting parts.
/// </summary>
/// <param name="machine">Where it runs.</param>
/// <param name="scheduler">Runs it: that of one life, or that of whichever life it is.</param>
internal sealed class SimulatedContext(SimulatedMachine machine, Func<SimulatedScheduler> scheduler)
    : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state)
    {
        ArgumentNullException.ThrowIfNull(d);
        if (machine.IsInside)
        {
            scheduler().Queue(new Item(this, d, state));
        }
        else
        {
            machine.NoteLeft(NameOf(state));
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        ArgumentNullException.ThrowIfNull(d);
        Run(d, state);
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs code with this context.</summary>
    public T Run<T>(Func<T> code)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            return code();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private void Run(SendOrPostCallback code, object? state) => Run(() =>
    {
        code(state);
        return true;
    });

    /// <summary>The method that goes on: the runtime posts the step of its state machine.</summary>
    private static string NameOf(object? state)
    {
        Type? machine = (state as Delegate)?.Target?.GetType().GetGenericArguments().LastOrDefault();
        return machine?.DeclaringType is { } type
            ? $"{type.Name}.{machine.Name.TrimStart('<').Split('>')[0]}"
            : "Code under test";
    }

    private sealed class Item(SimulatedContext context, SendOrPostCallback code, object? state) : IThreadPoolWorkItem
    {
        public void Execute() => context.Run(code, state);
    }
}
