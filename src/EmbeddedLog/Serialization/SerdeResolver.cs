using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace EmbeddedLog.Serialization;

/// <summary>
/// Finds the serializer of a type for which the user named none: a built-in one, else JSON by the registered contexts
/// in their order, else JSON for the framework's own types, else JSON by reflection where the program has it.
/// </summary>
internal sealed class SerdeResolver
{
    private const string Switched =
        "Trimmed and ahead-of-time compiled programs have JSON by reflection switched off, unless they ask for it.";

    private static readonly Dictionary<Type, object> s_builtIn = BuiltIn();

    private readonly JsonSerializerContext[] _contexts;
    private readonly bool _reflection;

    /// <summary>Creates a resolver.</summary>
    /// <param name="contexts">The registered contexts.</param>
    public SerdeResolver(IEnumerable<JsonSerializerContext> contexts)
        : this(contexts, JsonSerializer.IsReflectionEnabledByDefault)
    {
    }

    /// <summary>
    /// Creates a resolver that is told whether there is reflection, which is else a property of the program.
    /// </summary>
    internal SerdeResolver(IEnumerable<JsonSerializerContext> contexts, bool reflection)
    {
        _contexts = [.. contexts, CommonJsonContext.Default];
        _reflection = reflection;
    }

    /// <summary>The serializer of a type, both directions.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says how to register one.</exception>
    public ISerde<T> Resolve<T>()
    {
        if (s_builtIn.TryGetValue(typeof(T), out object? builtIn))
        {
            return (ISerde<T>)builtIn;
        }

        return FromContexts<T>() ?? FromReflection<T>() ?? throw Unresolved(typeof(T));
    }

    private ISerde<T>? FromContexts<T>()
    {
        Type? underlying = Nullable.GetUnderlyingType(typeof(T));
        foreach (JsonSerializerContext context in _contexts)
        {
            if (context.GetTypeInfo(typeof(T)) is JsonTypeInfo<T> type)
            {
                return new JsonSerde<T>(type);
            }

            if (underlying is not null && context.GetTypeInfo(underlying) is { } inner)
            {
                return new NullableJsonSerde<T>(inner);
            }
        }

        return null;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Switched)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Switched)]
    private JsonSerde<T>? FromReflection<T>() =>
        _reflection ? new JsonSerde<T>((JsonTypeInfo<T>)JsonSerializerOptions.Default.GetTypeInfo(typeof(T))) : null;

    private static InvalidOperationException Unresolved(Type type) =>
        new(
            $"There is no serializer for {type}, and this program has no JSON by reflection. Declare a context, "
            + $"[JsonSerializable(typeof({type.Name}))] partial class MyJson : JsonSerializerContext, and open the log "
            + "with CommitLogOptions.JsonContexts = [MyJson.Default]; or set the serializer in the options of the "
            + "producer and the consumer.");

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

    /// <summary>Adds a struct's serializer, and the one of the struct that may be missing.</summary>
    private static void Add<T>(Dictionary<Type, object> all, ISerde<T> serde)
        where T : struct
    {
        all.Add(typeof(T), serde);
        all.Add(typeof(T?), new NullableSerde<T>(serde));
    }
}
