using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Serialization.Json;

/// <summary>
/// Refuses JSON without any known member of a type, instead of reading it as an object of defaults. Unknown members
/// beside a known one pass: a new writer may have added them. A known member usually comes first, so the check ends
/// there.
/// </summary>
internal sealed class JsonMembers
{
    private readonly Type _type;
    private readonly string[] _names;
    private readonly byte[][] _utf8;
    private readonly bool _ignoreCase;
    private readonly JsonReaderOptions _reading;

    private JsonMembers(JsonTypeInfo type)
    {
        _type = type.Type;
        _names = [.. type.Properties.Select(property => property.Name)];
        _utf8 = [.. _names.Select(Encoding.UTF8.GetBytes)];
        _ignoreCase = type.Options.PropertyNameCaseInsensitive;
        _reading = new JsonReaderOptions
        {
            AllowTrailingCommas = type.Options.AllowTrailingCommas,
            CommentHandling = type.Options.ReadCommentHandling,
            MaxDepth = type.Options.MaxDepth,
        };
    }

    /// <summary>The check for a type; null if reading fails by itself, or no member can be missing.</summary>
    public static JsonMembers? Of(JsonTypeInfo type)
    {
        if (Nullable.GetUnderlyingType(type.Type) is { } underlying)
        {
            return type.Options.TryGetTypeInfo(underlying, out JsonTypeInfo? inner) ? Of(inner) : null;
        }

        bool needed = type.Kind == JsonTypeInfoKind.Object
            && type.Properties.Count != 0
            && type.PolymorphismOptions is null
            && type.Options.ReferenceHandler is null
            && !type.Properties.Any(property => property.IsRequired || property.IsExtensionData);
        return needed ? new JsonMembers(type) : null;
    }

    /// <summary>Throws if there are members, and none is known.</summary>
    /// <exception cref="JsonException">There is no known one; the message names the present and the known members.
    /// </exception>
    public void ThrowIfNoneIsKnown(ReadOnlySpan<byte> data)
    {
        if (FirstOfUnknown(data) is { } first)
        {
            throw new JsonException(
                $"The JSON has '{first}' and no member of {TypeText.Of(_type)}, which has "
                + $"{string.Join(", ", _names.Select(name => $"'{name}'"))}. Read it as the type with which it was "
                + "written, or name the members with [JsonPropertyName].");
        }
    }

    /// <summary>The first member if none is known, otherwise null.</summary>
    private string? FirstOfUnknown(ReadOnlySpan<byte> data)
    {
        string? first = null;
        try
        {
            Utf8JsonReader reader = new(data, _reading);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (IsKnown(ref reader))
                {
                    return null;
                }

                first ??= reader.GetString();
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // It is not JSON: the serializer has the better message.
            return null;
        }

        return first;
    }

    private bool IsKnown(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> name = reader.ValueSpan;
        foreach (byte[] known in _utf8)
        {
            if (name.SequenceEqual(known) || (_ignoreCase && Ascii.EqualsIgnoreCase(name, known)))
            {
                return true;
            }
        }

        // Rare: a name that is escaped, or not in ASCII and in another case.
        return (reader.ValueIsEscaped || !Ascii.IsValid(name)) && _names.Contains(
            reader.GetString(), _ignoreCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
    }
}
