namespace EmbeddedLog.Testing.Simulation;

/// <summary>
/// What a name on the simulated disk stands for. Holders are counted so that a file nobody can reach is freed.
/// </summary>
internal abstract class DiskNode
{
    /// <summary>A live name, an open handle or a map has come to stand for this node.</summary>
    public virtual void HoldLive()
    {
    }

    /// <summary>A live name, an open handle or a map is gone.</summary>
    public virtual void ReleaseLive()
    {
    }

    /// <summary>A durable name or a pending operation has come to stand for this node.</summary>
    public virtual void HoldDurable()
    {
    }

    /// <summary>A durable name or a pending operation is gone.</summary>
    public virtual void ReleaseDurable()
    {
    }
}
