using System.Reflection;
using System.Runtime.CompilerServices;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// Writes what the public-API analyzer does not look at, as lines of text: what each public type is and what it is made
/// of, and below it the members with constraints and those that must be set.
/// </summary>
internal static class PublicTypes
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The types, by name, so that they do not depend on the order of the sources.</summary>
    public static IEnumerable<string> Render(Assembly assembly)
    {
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            yield return TypeLine(type);
            foreach (string member in Members(type).Order(StringComparer.Ordinal))
            {
                yield return "    " + member;
            }
        }
    }

    private static IEnumerable<string> Members(Type type) =>
    [
        .. type.GetMethods(Declared)
            .Where(method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly)
            .Select(method => (method.Name, Constraints: Constraints(method.GetGenericArguments())))
            .Where(method => method.Constraints.Length > 0)
            .Select(method => method.Name + method.Constraints),
        .. type.GetProperties(Declared)
            .Where(property => property.IsDefined(typeof(RequiredMemberAttribute), inherit: false))
            .Select(property => "required " + property.Name),
    ];

    private static string TypeLine(Type type)
    {
        string name = $"{type.Namespace}.{TypeNames.Declaration(type)}";
        IEnumerable<string> bases = type.GetInterfaces()
            .Where(candidate => candidate.IsPublic && !Inherited(type).Any(other => candidate.IsAssignableFrom(other)))
            .Where(candidate => !IsRecord(type) || candidate.Name != "IEquatable`1")
            .Select(candidate => TypeNames.Of(candidate))
            .Order(StringComparer.Ordinal);
        if (type is { IsClass: true, BaseType: { } parent } && parent != typeof(object))
        {
            bases = bases.Prepend(TypeNames.Of(parent));
        }

        string list = type.IsEnum ? "" : string.Join(", ", bases);
        return $"{Kind(type)} {name}{(list.Length == 0 ? "" : $" : {list}")}{Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<Type> Inherited(Type type) =>
        type.GetInterfaces().SelectMany(one => one.GetInterfaces()).Concat(type.BaseType?.GetInterfaces() ?? []);

    private static string Kind(Type type)
    {
        string record = IsRecord(type) ? "record " : "";
        if (type.IsEnum)
        {
            return "enum";
        }

        if (type.IsInterface)
        {
            return "interface";
        }

        if (type.IsValueType)
        {
            bool isReadOnly = type.IsDefined(typeof(IsReadOnlyAttribute), inherit: false);
            return (isReadOnly ? "readonly " : "") + (type.IsByRefLike ? "ref " : "") + record + "struct";
        }

        string modifier = type is { IsAbstract: true, IsSealed: true } ? "static "
            : type.IsAbstract ? "abstract "
            : type.IsSealed ? "sealed "
            : "";
        return modifier + record + (typeof(Delegate).IsAssignableFrom(type) ? "delegate" : "class");
    }

    /// <summary>The compiler leaves the same private method in records of both kinds.</summary>
    private static bool IsRecord(Type type) =>
        type.GetMethod("PrintMembers", Declared)?.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) == true;

    private static string Constraints(Type[] generics) => string.Concat(generics
        .Select(one => (one.Name, List: string.Join(", ", ConstraintsOf(one))))
        .Where(one => one.List.Length > 0)
        .Select(one => $" where {one.Name} : {one.List}"));

    private static IEnumerable<string> ConstraintsOf(Type generic)
    {
        GenericParameterAttributes attributes = generic.GenericParameterAttributes;
        bool isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        IEnumerable<string> types = generic.GetGenericParameterConstraints()
            .Where(constraint => constraint != typeof(ValueType))
            .Select(constraint => TypeNames.Of(constraint));
        string? kind = isStruct ? "struct"
            : attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? "class"
            : null;
        IEnumerable<string> all = kind is null ? types : types.Prepend(kind);
        return !isStruct && attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint)
            ? all.Append("new()")
            : all;
    }
}
