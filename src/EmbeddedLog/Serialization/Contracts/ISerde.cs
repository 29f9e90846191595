namespace EmbeddedLog;

/// <summary>Both directions in one object, as Kafka's <c>Serde</c>. Ready-made ones: <see cref="Serdes"/>.</summary>
/// <typeparam name="T">The serialized type.</typeparam>
public interface ISerde<T> : ISerializer<T>, IDeserializer<T>;
