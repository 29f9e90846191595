using System.Diagnostics;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>Keeps unused objects for the next use, so that steady use allocates nothing.</summary>
/// <param name="maxKept">Further objects are left to the collector.</param>
/// <param name="create">Creates an object for this pool.</param>
internal sealed class ObjectPool<T>(int maxKept, Func<ObjectPool<T>, T> create)
    where T : class
{
    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private readonly Stack<T> _free = new();

    /// <summary>An object for one use.</summary>
    public T Rent()
    {
        lock (_gate)
        {
            AssertInvariants();
            if (_free.TryPop(out T? item))
            {
                return item;
            }
        }

        return create(this);
    }

    /// <summary>Takes back an object without other users, ready for its next use.</summary>
    public void Return(T item)
    {
        lock (_gate)
        {
            AssertInvariants();
            if (_free.Count < maxKept)
            {
                _free.Push(item);
            }
        }
    }

    [Conditional("DEBUG")]
    private void AssertInvariants() => Debug.Assert(_free.Count <= maxKept, "The pool keeps too many.");
}
