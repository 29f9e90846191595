using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace EmbeddedLog.Serialization.Json;

/// <summary>The options for writing and reading JSON, in the order in which a type is searched.</summary>
internal static class JsonSettings
{
    private const string Switched =
        "Trimmed and ahead-of-time compiled programs have JSON by reflection switched off, unless they ask for it.";

    private static readonly JsonSerializerOptions s_common = Careful(CommonJsonContext.Default.Options);

    /// <summary>All options, frozen.</summary>
    /// <param name="contexts">The registered contexts.</param>
    /// <param name="user">The user's options, or null for the careful defaults.</param>
    /// <param name="reflection">Whether types without a context are read by reflection.</param>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Switched)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Switched)]
    public static JsonSerializerOptions[] Create(
        IEnumerable<JsonSerializerContext> contexts, JsonSerializerOptions? user, bool reflection)
    {
        if (user is not null)
        {
            return [Extended(user, contexts, reflection)];
        }

        List<JsonSerializerOptions> all = [.. contexts.Select(context => Careful(context.Options)), s_common];
        if (reflection)
        {
            all.Add(Careful(JsonSerializerOptions.Default));
        }

        return [.. all];
    }

    /// <summary>
    /// Names in another case are read. A missing required member is an error. Unknown members pass, because a newer
    /// writer may have added them.
    /// </summary>
    private static JsonSerializerOptions Careful(JsonSerializerOptions options)
    {
        JsonSerializerOptions careful = new(options)
        {
            PropertyNameCaseInsensitive = true,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = options.DefaultIgnoreCondition == JsonIgnoreCondition.Never,
        };
        careful.TypeInfoResolver = careful.TypeInfoResolver?.WithAddedModifier(DoNotRequireWhatMayBeLeftOut);
        careful.MakeReadOnly();
        return careful;
    }

    private static void DoNotRequireWhatMayBeLeftOut(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.ShouldSerialize is not null)
            {
                property.IsRequired = false;
            }
        }
    }

    /// <summary>The user's options, unchanged; of contexts only the metadata are used.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Switched)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Switched)]
    private static JsonSerializerOptions Extended(
        JsonSerializerOptions user, IEnumerable<JsonSerializerContext> contexts, bool reflection)
    {
        List<IJsonTypeInfoResolver> resolvers = [.. contexts];
        if (user.TypeInfoResolver is { } own)
        {
            resolvers.Add(own);
        }

        resolvers.Add(CommonJsonContext.Default);
        if (reflection && JsonSerializerOptions.Default.TypeInfoResolver is { } reflecting)
        {
            resolvers.Add(reflecting);
        }

        JsonSerializerOptions copy = new(user) { TypeInfoResolver = JsonTypeInfoResolver.Combine([.. resolvers]) };
        copy.MakeReadOnly();
        return copy;
    }
}
