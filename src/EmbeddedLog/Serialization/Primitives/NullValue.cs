namespace EmbeddedLog.Serialization.Primitives;

/// <summary>Whether a type can hold null: a missing key and a tombstone are read as null, or not at all.</summary>
/// <typeparam name="T">The type.</typeparam>
internal static class NullValue<T>
{
    /// <summary>True for reference types and for <see cref="Nullable{T}"/>.</summary>
    public static bool IsAllowed => default(T) is null;
}
