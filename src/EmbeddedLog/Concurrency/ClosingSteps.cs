using System.Runtime.ExceptionServices;

namespace EmbeddedLog.Concurrency;

/// <summary>
/// The steps of a closing. All are taken in their order, also after failures: something that a skipped step left open
/// would be used after its base is gone. At the end the failures are thrown.
/// </summary>
internal sealed class ClosingSteps
{
    private List<Exception>? _failures;

    /// <summary>Whether a step has failed.</summary>
    public bool HasFailed => _failures is not null;

    /// <summary>Takes a step.</summary>
    public void Do(Action step)
    {
        try
        {
            step();
        }
#pragma warning disable CA1031 // It is told at the end.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            (_failures ??= []).Add(failure);
        }
    }

    /// <summary>Takes a step, and waits for its end.</summary>
    public async ValueTask DoAsync(Func<ValueTask> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is told at the end.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            (_failures ??= []).Add(failure);
        }
    }

    /// <summary>Takes out the failures of a type, which the caller reports in another way.</summary>
    public IReadOnlyList<T> Take<T>()
        where T : Exception
    {
        List<T> taken = [];
        _failures?.RemoveAll(failure =>
        {
            if (failure is AggregateException several && several.InnerExceptions.All(each => each is T))
            {
                taken.AddRange(several.InnerExceptions.Cast<T>());
                return true;
            }

            if (failure is T one)
            {
                taken.Add(one);
                return true;
            }

            return false;
        });
        _failures = _failures is { Count: > 0 } ? _failures : null;
        return taken;
    }

    /// <summary>Throws one failure as it is, several as one <see cref="AggregateException"/>.</summary>
    public void ThrowIfAny()
    {
        switch (_failures)
        {
            case null:
                return;
            case [Exception one]:
                ExceptionDispatchInfo.Throw(one);
                return;
            default:
                throw new AggregateException("Several steps of the closing have failed.", _failures).Flatten();
        }
    }
}
