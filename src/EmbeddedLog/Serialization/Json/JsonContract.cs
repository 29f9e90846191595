using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Serialization.Json;

/// <summary>
/// Checks whether values of a type are read back from JSON as they were written. The serializer silently writes a tuple
/// as <c>{}</c>, and an acknowledged record must not be empty. So each type in a value is checked once, before the
/// first record. A type with a user's converter is not checked.
/// </summary>
internal sealed class JsonContract
{
    private const string Metadata = "Trimming keeps the metadata of what the program uses; the rest is not in use.";

    private readonly HashSet<Type> _seen = [];

    private JsonContract()
    {
    }

    /// <summary>The lost part and what to do about it, as sentences; null if nothing is lost.</summary>
    public static string? Fault<T>(JsonTypeInfo type)
    {
        // Ahead-of-time compilation drops the metadata of fields, but a struct with fields can still be recognized.
        if (typeof(T).IsValueType && type.Type == typeof(T) && Nullable.GetUnderlyingType(typeof(T)) is null
            && type is { Kind: JsonTypeInfoKind.Object, Properties.Count: 0 }
            && Unsafe.SizeOf<T>() > 1 && FieldsOf(type.Type).Count == 0)
        {
            return SetsNothing(type.Type);
        }

        return new JsonContract().Look(type, TypeText.Of(type.Type));
    }

    private string? Look(JsonTypeInfo type, string path)
    {
        if (!_seen.Add(type.Type))
        {
            return null;
        }

        if (Nullable.GetUnderlyingType(type.Type) is { } underlying)
        {
            return Look(type.Options, underlying, path);
        }

        return type.Kind switch
        {
            JsonTypeInfoKind.Object => LookAtObject(type, path),
            JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary => LookAtCollection(type, path),
            _ => LookAtValue(type, path),
        };
    }

    /// <summary>Unsupported types of the serializer have a converter that only throws.</summary>
    private static string? LookAtValue(JsonTypeInfo type, string path)
    {
        if (type.Converter.GetType().Assembly != typeof(JsonSerializer).Assembly)
        {
            return null;
        }

        return type.Type == typeof(object)
            ? $"{path} is an object, which says nothing of the type to read. Name the type, or declare it as "
                + "JsonElement or JsonNode."
            : CannotBeMade(type, path, "0"u8);
    }

    private string? LookAtCollection(JsonTypeInfo type, string path)
    {
        if (IsReversed(type.Type))
        {
            return $"{path} is a stack, which JSON reads back in reverse. Use a list.";
        }

        if (OwnMember(type.Type) is { } member)
        {
            return $"{path} is a collection, of which JSON writes only the items, and not {member}. Make the "
                + "collection a property of the type instead of its base.";
        }

        return CannotBeMade(type, path, type.Kind == JsonTypeInfoKind.Dictionary ? "{}"u8 : "[]"u8)
            ?? (type.KeyType is { } key ? Look(type.Options, key, $"{path}'s key") : null)
            ?? (type.ElementType is { } element ? Look(type.Options, element, $"{path}'s item") : null);
    }

    private string? LookAtObject(JsonTypeInfo type, string path)
    {
        if (type.PolymorphismOptions is { DerivedTypes.Count: > 0 } polymorphism)
        {
            foreach (JsonDerivedType derived in polymorphism.DerivedTypes)
            {
                if (derived.TypeDiscriminator is null && derived.DerivedType != type.Type)
                {
                    return $"{path} is written as {TypeText.Of(derived.DerivedType)} without a discriminator to "
                        + "read it by. Give its [JsonDerivedType] one.";
                }

                if (Look(type.Options, derived.DerivedType, TypeText.Of(derived.DerivedType)) is { } fault)
                {
                    return fault;
                }
            }

            if (type.Type.IsAbstract)
            {
                return null;
            }
        }

        if (type.Type.IsAbstract)
        {
            return $"{path} is the abstract type {TypeText.Of(type.Type)}, which says nothing of the type to read. "
                + "Declare each type with [JsonDerivedType(typeof(...), \"name\")].";
        }

        return LostField(type, path)
            ?? (SetsSomething(type) || !HasState(type) ? null : $"{path}: {SetsNothing(type.Type)}")
            ?? CannotBeMade(type, path, "{}"u8)
            ?? LookAtProperties(type, path);
    }

    private string? LookAtProperties(JsonTypeInfo type, string path)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.Get is null || property.IsExtensionData || property.CustomConverter is not null)
            {
                continue;
            }

            string place = $"{TypeText.Of(type.Type)}.{property.Name}";
            if (!IsSet(property) && LostProperty(property, place) is { } lost)
            {
                return lost;
            }

            if (property.IsRequired && MayBeLeftOut(property))
            {
                return $"{place} is required, and yet left out where it is the default. Do without one of the two.";
            }

            if (Look(type.Options, property.PropertyType, place) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private string? Look(JsonSerializerOptions options, Type type, string path) =>
        options.TryGetTypeInfo(type, out JsonTypeInfo? known) ? Look(known, path) : null;

    private static bool MayBeLeftOut(JsonPropertyInfo property) =>
        property.ShouldSerialize is not null || property.Options.DefaultIgnoreCondition switch
        {
            JsonIgnoreCondition.Never => false,
            JsonIgnoreCondition.WhenWritingNull => property.IsGetNullable,
            _ => true,
        };

    /// <summary>A constant may be written and not read; a property that is set or filled may not.</summary>
    private static string? LostProperty(JsonPropertyInfo property, string place)
    {
        if (property.AttributeProvider is FieldInfo)
        {
            return $"{place} is a readonly field, which reading cannot set. Make it a parameter of the constructor.";
        }

        if (property.AttributeProvider is not PropertyInfo member)
        {
            return null;
        }

        if (member.SetMethod is not null)
        {
            return $"{place} has a setter that JSON cannot call. Make it public, or init, or add [JsonInclude].";
        }

        bool populated = (property.ObjectCreationHandling ?? property.Options.PreferredObjectCreationHandling)
            == JsonObjectCreationHandling.Populate;
        return !populated && property.Options.TryGetTypeInfo(property.PropertyType, out JsonTypeInfo? type)
            && type.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary
            && FieldsOf(member.DeclaringType!).Any(field => field.Name == $"<{member.Name}>k__BackingField")
            ? $"{place} is a collection that JSON cannot set. Give it a setter or init, or add "
                + "[JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]."
            : null;
    }

    private static string? LostField(JsonTypeInfo type, string path) =>
        FieldsOf(type.Type).FirstOrDefault(field => field.IsPublic
            && !field.IsDefined(typeof(JsonIgnoreAttribute))
            && !type.Properties.Any(property => property.AttributeProvider is MemberInfo member
                ? member is FieldInfo && member.Name == field.Name
                : string.Equals(property.Name, field.Name, StringComparison.OrdinalIgnoreCase))) is { } lost
            ? $"{path} has a public field, {lost.Name}, which JSON leaves out. Make it a property, or set "
                + $"IncludeFields in {nameof(CommitLogOptions)}.{nameof(CommitLogOptions.JsonSerializerOptions)}."
            : null;

    private static bool SetsSomething(JsonTypeInfo type) => type.Properties.Any(IsSet);

    private static bool IsSet(JsonPropertyInfo property) =>
        property.Set is not null || property.AssociatedParameter is not null;

    private static bool HasState(JsonTypeInfo type) =>
        FieldsOf(type.Type).Count != 0 || (!RuntimeFeature.IsDynamicCodeSupported && type.Properties.Count != 0);

    private static string SetsNothing(Type type) =>
        $"reading JSON sets nothing of {TypeText.Of(type)}. Give it properties with setters or init, or a constructor "
        + "with a parameter for each property.";

    /// <summary>Tries the serializer itself, with minimal JSON.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The constructor is the user's: it may throw anything.")]
    private static string? CannotBeMade(JsonTypeInfo type, string path, ReadOnlySpan<byte> empty)
    {
        try
        {
            _ = JsonSerializer.Deserialize(empty, type);
        }
        catch (Exception failure)
        {
            bool refused = failure is NotSupportedException
                || (failure is InvalidOperationException
                    && failure.Source?.StartsWith("System.Text.Json", StringComparison.Ordinal) == true);
            return refused ? $"{path} cannot be read: {TextRules.AsSentence(failure.Message)}" : null;
        }

        return null;
    }

    private static bool IsReversed(Type type) =>
        type == typeof(System.Collections.Stack)
        || (type.IsGenericType && type.GetGenericTypeDefinition() is var generic
            && (generic == typeof(Stack<>) || generic == typeof(System.Collections.Concurrent.ConcurrentStack<>)
                || generic == typeof(System.Collections.Immutable.ImmutableStack<>)
                || generic == typeof(System.Collections.Immutable.IImmutableStack<>)));

    /// <summary>A property that a user's class has in addition to its items.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = Metadata)]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = Metadata)]
    private static string? OwnMember(Type type)
    {
        for (Type? at = type; at is not null && at.Namespace?.Split('.')[0] != "System"; at = at.BaseType)
        {
            const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly;
            PropertyInfo? own = at.GetProperties(Own).FirstOrDefault(property => property.CanWrite
                && property.GetIndexParameters().Length == 0 && !property.IsDefined(typeof(JsonIgnoreAttribute)));
            if (own is not null)
            {
                return own.Name;
            }
        }

        return null;
    }

    /// <summary>All instance fields, with those of the base types.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = Metadata)]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = Metadata)]
    private static List<FieldInfo> FieldsOf(Type type)
    {
        const BindingFlags Own =
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        List<FieldInfo> fields = [];
        for (Type? at = type; at is not null; at = at.BaseType)
        {
            fields.AddRange(at.GetFields(Own));
        }

        return fields;
    }
}
