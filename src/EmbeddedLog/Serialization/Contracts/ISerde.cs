namespace EmbeddedLog;

/// <summary>Both directions in one object, as Kafka's <c>Serde</c>. Ready-made ones: <see cref="Serdes"/>.</summary>
/// <typeparam name="T">What is serialized and deserialized.</typeparam>
public interface ISerde<T> : ISerializer<T>, IDeserializer<T>;
