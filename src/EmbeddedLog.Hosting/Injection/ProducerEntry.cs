namespace EmbeddedLog.Hosting.Injection;

/// <summary>That a producer of these types was added.</summary>
/// <param name="Log">The name of its log.</param>
/// <param name="Topic">Its topic.</param>
internal sealed record ProducerEntry<TKey, TValue>(string Log, string Topic)
{
    /// <summary>The key under which no other one is.</summary>
    public string Key => $"{Log}:{Topic}";
}
