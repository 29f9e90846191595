using System.Diagnostics;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// Keeps objects that nobody uses any more for whoever needs one next, so that steady use allocates nothing.
/// </summary>
/// <param name="maxKept">Beyond this many, they are left to the collector.</param>
/// <param name="create">Makes one for this pool, to which it may go back.</param>
internal sealed class ObjectPool<T>(int maxKept, Func<ObjectPool<T>, T> create)
    where T : class
{
    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private readonly Stack<T> _free = new();

    /// <summary>One for one use.</summary>
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

    /// <summary>Takes one back that nobody knows any more, ready for its next use.</summary>
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
    private void AssertInvariants() => Debug.Assert(_free.Count <= maxKept, "It keeps too many.");
}
