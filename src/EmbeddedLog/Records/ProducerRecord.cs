namespace EmbeddedLog;

/// <summary>Makes records to be sent.</summary>
public static class ProducerRecord
{
    /// <summary>A record with a key and a value; the types are inferred.</summary>
    /// <typeparam name="TKey">The key's type.</typeparam>
    /// <typeparam name="TValue">The value's type.</typeparam>
    /// <param name="key">The key; null makes a record without one.</param>
    /// <param name="value">The value; null makes a tombstone.</param>
    public static ProducerRecord<TKey, TValue> Create<TKey, TValue>(TKey key, TValue value) => new(key, value);

    /// <summary>A record without a key, also for a key type that does not admit null.</summary>
    /// <typeparam name="TKey">The type that keys have in the topic.</typeparam>
    /// <typeparam name="TValue">The value's type.</typeparam>
    /// <param name="value">The value; null makes a tombstone.</param>
    public static ProducerRecord<TKey, TValue> WithoutKey<TKey, TValue>(TValue value) =>
        new(default!, hasKey: false, value, hasValue: true);

    /// <summary>
    /// A record that marks a key as deleted, also for a value type that does not admit null. A consumer reads its value
    /// as null, or fails if its value type does not admit null.
    /// </summary>
    /// <typeparam name="TKey">The key's type.</typeparam>
    /// <typeparam name="TValue">The type that values have in the topic.</typeparam>
    /// <param name="key">The key.</param>
    public static ProducerRecord<TKey, TValue> Tombstone<TKey, TValue>(TKey key) =>
        new(key, hasKey: true, default!, hasValue: false);
}
