using EmbeddedLog.IO;
using EmbeddedLog.Testing.Model;

namespace EmbeddedLog.Testing.Faults;

/// <summary>
/// Makes calls to a log while the file system fails on purpose, and checks that each failure is an exception of the
/// library with the right cause. Nothing is damaged, so none may report damage.
/// </summary>
internal sealed class FaultedCalls
{
    private Fault? _planned;

    /// <summary>The failure from now on; or null.</summary>
    public void Expect(Fault? planned) => _planned = planned;

    /// <summary>Whether the call succeeded.</summary>
    /// <exception cref="ModelViolationException">It failed in a forbidden way.</exception>
    public bool Try(Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (EmbeddedLogException failure)
        {
            Check(failure);
            return false;
        }
    }

    /// <inheritdoc cref="Try"/>
    public async Task<bool> TryAsync(Func<ValueTask> call)
    {
        try
        {
            await call().ConfigureAwait(false);
            return true;
        }
        catch (EmbeddedLogException failure)
        {
            Check(failure);
            return false;
        }
    }

    /// <summary>Makes something; null after a failure.</summary>
    /// <inheritdoc cref="Try"/>
    public async Task<T?> MakeAsync<T>(Func<ValueTask<T>> make)
        where T : class
    {
        T? made = null;
        await TryAsync(async () => made = await make().ConfigureAwait(false)).ConfigureAwait(false);
        return made;
    }

    private void Check(EmbeddedLogException failure)
    {
        if (_planned is not { } planned)
        {
            throw new ModelViolationException($"Nothing fails, and yet: {failure.Message}", failure);
        }

        bool isSpace = planned.Error is FileSystemError.NoSpace or FileSystemError.QuotaExceeded
            || planned.Kind is FaultKind.PrepareForWrite or FaultKind.PrepareForRead;
        bool isFit = failure switch
        {
            LogIOException or PartitionFailedException or LogDirectoryException => true,
            DiskFullException => isSpace,
            _ => false,
        };
        if (!isFit)
        {
            throw new ModelViolationException(
                $"{planned.Error} was told as {failure.GetType().Name}: {failure.Message}", failure);
        }
    }
}
