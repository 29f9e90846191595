using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Serialization.Json;

/// <summary>
/// Refuses JSON objects without any known member of their type, instead of reading them as objects of defaults, at
/// whatever depth they stand. Unknown members beside a known one pass: a new writer may have added them. Of a type
/// without other objects in it the first known member, which usually comes first, ends the check.
/// </summary>
internal sealed class JsonMembers
{
    private const string Discriminator = "$type";

    private readonly Type _type;

    /// <summary>Whether one of the names must be there.</summary>
    private bool _mustKnowOne;

    /// <summary>The known members; none of a collection.</summary>
    private string[] _names = [];
    private byte[][] _utf8 = [];

    /// <summary>The check of each member's value, null where there is nothing to check.</summary>
    private JsonMembers?[] _members = [];

    /// <summary>The check of a collection's items; null for an object.</summary>
    private JsonMembers? _item;

    private readonly bool _ignoreCase;
    private readonly JsonReaderOptions _reading;

    private JsonMembers(JsonTypeInfo type)
    {
        _type = type.Type;
        _ignoreCase = type.Options.PropertyNameCaseInsensitive;
        _reading = new JsonReaderOptions
        {
            AllowTrailingCommas = type.Options.AllowTrailingCommas,
            CommentHandling = type.Options.ReadCommentHandling,
            MaxDepth = type.Options.MaxDepth,
        };
    }

    /// <summary>Whether there is anything inside of an object to check.</summary>
    private bool LooksInside => Array.Exists(_members, member => member is not null);

    /// <summary>The check for a type; null if reading fails by itself, or no member can be missing.</summary>
    public static JsonMembers? Of(JsonTypeInfo type) =>
        type.Options.ReferenceHandler is null ? Of(type, []) : null;

    /// <summary>Throws if there is an object with members, and none is known.</summary>
    /// <exception cref="JsonException">There is no known one; the message names the present and the known members.
    /// </exception>
    public void ThrowIfNoneIsKnown(ReadOnlySpan<byte> data)
    {
        string? fault;
        try
        {
            Utf8JsonReader reader = new(data, _reading);
            fault = reader.Read() ? Look(ref reader, isWhole: true) : null;
        }
        catch (JsonException)
        {
            // It is not JSON: the serializer has the better message.
            return;
        }

        if (fault is not null)
        {
            throw new JsonException(fault);
        }
    }

    /// <param name="type">The type.</param>
    /// <param name="made">The checks made so far: a type may hold itself.</param>
    private static JsonMembers? Of(JsonTypeInfo type, Dictionary<Type, JsonMembers?> made)
    {
        if (Nullable.GetUnderlyingType(type.Type) is { } underlying)
        {
            return Of(type.Options, underlying, made);
        }

        if (made.TryGetValue(type.Type, out JsonMembers? known))
        {
            return known;
        }

        JsonMembers members = new(type);
        made[type.Type] = members;
        bool isNeeded = type.Kind switch
        {
            JsonTypeInfoKind.Object => members.CheckObject(type, made),
            JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary => members.CheckItems(type, made),
            _ => false,
        };
        return made[type.Type] = isNeeded ? members : null;
    }

    private static JsonMembers? Of(JsonSerializerOptions options, Type type, Dictionary<Type, JsonMembers?> made) =>
        options.TryGetTypeInfo(type, out JsonTypeInfo? known) ? Of(known, made) : null;

    private bool CheckObject(JsonTypeInfo type, Dictionary<Type, JsonMembers?> made)
    {
        _names = [.. type.Properties.Select(property => property.Name)];
        _mustKnowOne = _names.Length > 0
            && !type.Properties.Any(property => property.IsRequired || property.IsExtensionData);
        _members = [.. type.Properties.Select(property => property.CustomConverter is null
            ? Of(type.Options, property.PropertyType, made)
            : null)];
        if (type.PolymorphismOptions is { } polymorphism)
        {
            // Who writes the discriminator knows the type; what else there is depends on which one it names.
            _names = [polymorphism.TypeDiscriminatorPropertyName ?? Discriminator, .. _names];
            _members = new JsonMembers?[_names.Length];
        }

        _utf8 = [.. _names.Select(Encoding.UTF8.GetBytes)];
        return _mustKnowOne || LooksInside;
    }

    private bool CheckItems(JsonTypeInfo type, Dictionary<Type, JsonMembers?> made)
    {
        _item = type.ElementType is { } element ? Of(type.Options, element, made) : null;
        return _item is not null;
    }

    /// <summary>
    /// Looks at the value that begins at the reader, and moves to its end, but for the whole value: that is left as
    /// soon as all is known.
    /// </summary>
    /// <returns>The fault, or null.</returns>
    private string? Look(ref Utf8JsonReader reader, bool isWhole = false)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject when _item is null:
                return LookAtMembers(ref reader, isWhole && !LooksInside);
            case JsonTokenType.StartObject or JsonTokenType.StartArray when _item is not null:
                return LookAtItems(ref reader);
            default:
                reader.Skip();
                return null;
        }
    }

    private string? LookAtItems(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            if (reader.TokenType != JsonTokenType.PropertyName && _item!.Look(ref reader) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private string? LookAtMembers(ref Utf8JsonReader reader, bool oneIsEnough)
    {
        bool isKnown = !_mustKnowOne;
        string? first = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int index = IndexOf(ref reader);
            isKnown |= index >= 0;
            if (isKnown && oneIsEnough)
            {
                return null;
            }

            first ??= isKnown ? null : reader.GetString();
            reader.Read();
            if (index < 0 || _members[index] is not { } inner)
            {
                reader.Skip();
            }
            else if (inner.Look(ref reader) is { } fault)
            {
                return fault;
            }
        }

        return isKnown || first is null
            ? null
            : $"The JSON has '{first}' and no member of {TypeText.Of(_type)}, which has "
                + $"{string.Join(", ", _names.Select(name => $"'{name}'"))}. Read it as the type with which it was "
                + "written, or name the members with [JsonPropertyName].";
    }

    private int IndexOf(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> name = reader.ValueSpan;
        for (int i = 0; i < _utf8.Length; i++)
        {
            if (name.SequenceEqual(_utf8[i]) || (_ignoreCase && Ascii.EqualsIgnoreCase(name, _utf8[i])))
            {
                return i;
            }
        }

        // Rare: a name that is escaped, or not in ASCII and in another case.
        if (!reader.ValueIsEscaped && Ascii.IsValid(name))
        {
            return -1;
        }

        string text = reader.GetString()!;
        StringComparison comparison = _ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return Array.FindIndex(_names, known => string.Equals(known, text, comparison));
    }
}
