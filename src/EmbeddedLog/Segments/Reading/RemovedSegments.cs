namespace EmbeddedLog.Segments.Reading;

/// <summary>The segments that were removed while a lease held them, until the last lease is disposed.</summary>
internal sealed class RemovedSegments
{
    private readonly Lock _gate = new();
    private readonly HashSet<Segment> _leased = [];

    public void Add(Segment segment)
    {
        lock (_gate)
        {
            _leased.Add(segment);
        }
    }

    public void Forget(Segment segment)
    {
        lock (_gate)
        {
            _leased.Remove(segment);
        }
    }

    public Segment[] ToArray()
    {
        lock (_gate)
        {
            return [.. _leased];
        }
    }
}
