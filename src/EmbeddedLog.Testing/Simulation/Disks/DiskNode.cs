namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>
/// The target of a name on the simulated disk. Holders are counted, so that an unreachable file is freed.
/// </summary>
internal abstract class DiskNode
{
    /// <summary>A live name, an open handle or a map now points to this node.</summary>
    public virtual void HoldLive()
    {
    }

    /// <summary>A live name, an open handle or a map is gone.</summary>
    public virtual void ReleaseLive()
    {
    }

    /// <summary>A durable name or a pending operation now points to this node.</summary>
    public virtual void HoldDurable()
    {
    }

    /// <summary>A durable name or a pending operation is gone.</summary>
    public virtual void ReleaseDurable()
    {
    }
}
