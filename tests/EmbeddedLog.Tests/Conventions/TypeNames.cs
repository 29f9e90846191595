using System.Reflection;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>Writes types as C# does, with the nullability that the compiler recorded.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    /// <summary>The type's name.</summary>
    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nullability?.ElementType ?? nullability);
        }

        if (type.IsPointer)
        {
            return Of(type.GetElementType()!) + "*";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying) + "?";
        }

        // What the compiler records for an unconstrained type parameter does not tell T from T?.
        bool nullable = !type.IsValueType
            && !type.IsGenericParameter
            && nullability is { ReadState: NullabilityState.Nullable } or { WriteState: NullabilityState.Nullable };
        return Bare(type, nullability) + (nullable ? "?" : "");
    }

    /// <summary>The type's name where it is declared, with the variance of its parameters.</summary>
    public static string Declaration(Type type) => !type.IsGenericTypeDefinition
        ? Of(type)
        : $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Variance))}>";

    private static string Variance(Type parameter) =>
        (parameter.GenericParameterAttributes & GenericParameterAttributes.VarianceMask) switch
        {
            GenericParameterAttributes.Covariant => $"out {parameter.Name}",
            GenericParameterAttributes.Contravariant => $"in {parameter.Name}",
            _ => parameter.Name,
        };

    private static string Bare(Type type, NullabilityInfo? nullability)
    {
        if (type.IsArray)
        {
            string element = Of(type.GetElementType()!, nullability?.ElementType);
            return $"{element}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (s_keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        if (!type.IsGenericType)
        {
            return type.Name;
        }

        NullabilityInfo[] inner = nullability?.GenericTypeArguments ?? [];
        string arguments = string.Join(
            ", ",
            type.GetGenericArguments().Select((argument, i) => Of(argument, i < inner.Length ? inner[i] : null)));
        string name = type.Name.Split('`')[0];
        return name == "ValueTuple" ? $"({arguments})" : $"{name}<{arguments}>";
    }
}
