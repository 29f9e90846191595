using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EmbeddedLog.Serialization.Json;
using EmbeddedLog.Serialization.Primitives;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Serialization;

/// <summary>
/// Finds the serializer of a type without one of the user: a built-in one, then JSON by the registered contexts in
/// their order, then JSON for types of the framework, then JSON by reflection if the program has it.
/// </summary>
internal sealed class SerdeResolver
{
    private const string OrYourOwn =
        "Or pass a serializer of your own where the producer and the consumer are created.";

    private static readonly Dictionary<Type, object> s_builtIn = BuiltIn();

    private readonly JsonSerializerOptions[] _json;

    /// <summary>The serializers that were found and checked, by type; any thread adds.</summary>
    private readonly ConcurrentDictionary<Type, object> _found = new();

    /// <summary>Creates a resolver.</summary>
    /// <param name="contexts">The registered contexts.</param>
    /// <param name="options">The user's options for JSON, or null.</param>
    public SerdeResolver(IEnumerable<JsonSerializerContext> contexts, JsonSerializerOptions? options)
        : this(contexts, options, JsonSerializer.IsReflectionEnabledByDefault)
    {
    }

    /// <summary>Creates a resolver with or without reflection, which is otherwise a property of the program.</summary>
    internal SerdeResolver(
        IEnumerable<JsonSerializerContext> contexts, JsonSerializerOptions? options, bool reflection) =>
        _json = JsonSettings.Create(contexts, options, reflection);

    /// <summary>The serializer of a type, both directions.</summary>
    /// <exception cref="InvalidOperationException">
    /// There is none, or values of the type would not be read back as they were written; the message says what to do.
    /// </exception>
    public ISerde<T> Resolve<T>()
    {
        if (s_builtIn.TryGetValue(typeof(T), out object? builtIn))
        {
            return (ISerde<T>)builtIn;
        }

        if (!_found.TryGetValue(typeof(T), out object? found))
        {
            found = FromJson<T>() ?? throw Unresolved(typeof(T));
            _found.TryAdd(typeof(T), found);
        }

        return (ISerde<T>)found;
    }

    private ISerde<T>? FromJson<T>()
    {
        Type? underlying = Nullable.GetUnderlyingType(typeof(T));
        foreach (JsonSerializerOptions options in _json)
        {
            if (Find(options, typeof(T), typeof(T)) is JsonTypeInfo<T> type)
            {
                ThrowIfLost<T>(type);
                return new JsonSerde<T>(type);
            }

            if (underlying is not null && Find(options, underlying, typeof(T)) is { } inner)
            {
                ThrowIfLost<T>(inner);
                return new NullableJsonSerde<T>(inner);
            }
        }

        return null;
    }

    private static JsonTypeInfo? Find(JsonSerializerOptions options, Type type, Type asked)
    {
        try
        {
            return options.TryGetTypeInfo(type, out JsonTypeInfo? found) ? found : null;
        }
        catch (Exception failure) when (failure is NotSupportedException or InvalidOperationException)
        {
            throw new InvalidOperationException(
                $"{TypeText.Of(asked)} has no form in JSON: {TextRules.AsSentence(failure.Message)} {OrYourOwn}",
                failure);
        }
    }

    private static void ThrowIfLost<T>(JsonTypeInfo type)
    {
        if (JsonContract.Fault<T>(type) is { } fault)
        {
            throw new InvalidOperationException(
                $"{TypeText.Of(typeof(T))} does not come back from JSON as it went in: {fault} {OrYourOwn}");
        }
    }

    private static InvalidOperationException Unresolved(Type type) =>
        new(
            $"There is no serializer for {TypeText.Of(type)}, and this program has no JSON by reflection. Declare a "
            + $"context, [JsonSerializable(typeof({TypeText.Of(type)}))] partial class MyJson : JsonSerializerContext, "
            + $"and open the log with CommitLogOptions.JsonContexts = [MyJson.Default]. {OrYourOwn}");

    private static Dictionary<Type, object> BuiltIn()
    {
        var all = new Dictionary<Type, object>
        {
            [typeof(byte[])] = BytesSerde.Instance,
            [typeof(ReadOnlyMemory<byte>)] = BytesSerde.Instance,
            [typeof(Memory<byte>)] = BytesSerde.Instance,
            [typeof(string)] = Utf8Serde.Instance,
        };
        Add(all, Serdes.Boolean);
        Add(all, Serdes.Byte);
        Add(all, Serdes.SByte);
        Add(all, Serdes.Int16);
        Add(all, Serdes.UInt16);
        Add(all, Serdes.Int32);
        Add(all, Serdes.UInt32);
        Add(all, Serdes.Int64);
        Add(all, Serdes.UInt64);
        Add(all, Serdes.Single);
        Add(all, Serdes.Double);
        Add(all, Serdes.Guid);
        return all;
    }

    /// <summary>Adds a struct's serializer, and that of the nullable struct.</summary>
    private static void Add<T>(Dictionary<Type, object> all, ISerde<T> serde)
        where T : struct
    {
        all.Add(typeof(T), serde);
        all.Add(typeof(T?), new NullableSerde<T>(serde));
    }
}
