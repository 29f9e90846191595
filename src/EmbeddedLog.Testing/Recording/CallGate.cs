using EmbeddedLog.Testing.Machines;

namespace EmbeddedLog.Testing.Recording;

/// <summary>Lets the calls of one life through to the log.</summary>
internal sealed class CallGate(TestMachine machine)
{
    /// <summary>The life that the calls belong to.</summary>
    public int Life { get; } = machine.Life;

    /// <summary>Whether nothing of that life can be closed any more.</summary>
    public bool IsDead => Life != machine.Life || machine.HasFailed;

    /// <summary>Refuses calls after the life.</summary>
    public void ThrowIfDead() => machine.ThrowIfDead(Life);

    /// <summary>A call with a result.</summary>
    public ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call)
    {
        ThrowIfDead();
        return machine.CallAsync(call);
    }

    /// <summary>A call without one.</summary>
    public ValueTask CallAsync(Func<ValueTask> call)
    {
        ThrowIfDead();
        ValueTask<bool> done = machine.CallAsync(async () =>
        {
            await call().ConfigureAwait(false);
            return true;
        });
        return done.IsCompletedSuccessfully ? default : new ValueTask(done.AsTask());
    }

    /// <summary>A disposal. What went wrong with the run before is the failure of the run, not of this.</summary>
    public async ValueTask CloseAsync(Func<ValueTask> close)
    {
        if (!IsDead)
        {
            try
            {
                await CallAsync(close).ConfigureAwait(false);
            }
            catch (SimulationException failure) when (failure.HasLeft)
            {
            }
        }
    }

    /// <summary>A disposal that blocks.</summary>
    public void Close(Action close)
    {
        if (!IsDead)
        {
            Call(() =>
            {
                close();
                return true;
            });
        }
    }

    /// <summary>A call that blocks.</summary>
    public T Call<T>(Func<T> call)
    {
        ThrowIfDead();
        return machine.Begin(call);
    }
}
