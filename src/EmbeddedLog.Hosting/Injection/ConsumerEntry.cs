namespace EmbeddedLog.Hosting.Injection;

/// <summary>That a consumer of these types was added.</summary>
/// <param name="Log">The name of its log.</param>
/// <param name="Name">Its group, or its topics.</param>
internal sealed record ConsumerEntry<TKey, TValue>(string Log, string Name)
{
    /// <summary>The key under which no other one is.</summary>
    public string Key => $"{Log}:{Name}";
}
