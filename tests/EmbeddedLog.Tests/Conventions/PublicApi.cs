using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// Writes an assembly's public surface as lines of text: a line for each type, and below it one for each member.
/// </summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The surface, by name, so that it does not depend on the order of the sources.</summary>
    public static IEnumerable<string> Render(Assembly assembly)
    {
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            yield return TypeLine(type);
            foreach (string member in type.IsEnum ? EnumMembers(type) : Members(type))
            {
                yield return "    " + member;
            }
        }
    }

    private static IEnumerable<string> EnumMembers(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => $"{field.Name} = {field.GetRawConstantValue()}");

    private static IEnumerable<string> Members(Type type) =>
        type.GetMembers(Declared)
            .Where(IsVisible)
            .Select(member => (member.Name, Text: Member(member)))
            .OrderBy(member => member.Name, StringComparer.Ordinal)
            .ThenBy(member => member.Text, StringComparer.Ordinal)
            .Select(member => member.Text);

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

    /// <summary>
    /// What others can call: no accessors and no members that the compiler wrote, and no bare overrides.
    /// </summary>
    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodInfo method => IsVisible(method)
            && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
            && !method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
            && method.GetBaseDefinition() is var root
            && (root == method || root.Module == method.Module),
        ConstructorInfo constructor => IsVisible((MethodBase)constructor),
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        EventInfo change => IsVisible(change.AddMethod!),
        _ => false,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Member(MemberInfo member)
    {
        var context = new NullabilityInfoContext();
        return member switch
        {
            ConstructorInfo constructor =>
                Modifiers(constructor) + constructor.DeclaringType!.Name.Split('`')[0]
                + $"({Parameters(constructor, context)})",
            MethodInfo method =>
                $"{Modifiers(method)}{Return(method, context)} {method.Name}{Generics(method)}"
                + $"({Parameters(method, context)})"
                + Constraints(method.GetGenericArguments()),
            PropertyInfo property => Property(property, context),
            FieldInfo field => $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}"
                + $"{TypeNames.Of(field.FieldType, context.Create(field))} {field.Name}",
            EventInfo change => $"event {TypeNames.Of(change.EventHandlerType!, context.Create(change))} {change.Name}",
            _ => throw new InvalidOperationException($"{member} is of no known kind."),
        };
    }

    private static string Property(PropertyInfo property, NullabilityInfoContext context)
    {
        MethodInfo first = property.GetAccessors(nonPublic: true).First(IsVisible);
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length == 0
            ? property.Name
            : $"this[{string.Join(", ", index.Select(parameter => Parameter(parameter, context)))}]";
        string required = property.IsDefined(typeof(RequiredMemberAttribute), inherit: false) ? "required " : "";
        string get = property.GetMethod is { } getter && IsVisible(getter) ? "get; " : "";
        string set = property.SetMethod is { } setter && IsVisible(setter) ? (IsInit(setter) ? "init; " : "set; ") : "";
        string type = TypeNames.Of(property.PropertyType, context.Create(property));
        return $"{required}{Modifiers(first)}{type} {name} {{ {get}{set}}}";
    }

    private static bool IsInit(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string Modifiers(MethodBase method) =>
        (method.IsPublic ? "" : "protected ")
        + (method.IsStatic ? "static " : "")
        + (method.DeclaringType!.IsInterface || !method.IsVirtual || method.IsFinal ? ""
            : method.IsAbstract ? "abstract "
            : method is MethodInfo one && one.GetBaseDefinition() != one ? "override "
            : "virtual ");

    private static string Return(MethodInfo method, NullabilityInfoContext context) =>
        (method.ReturnType.IsByRef ? "ref " : "")
        + TypeNames.Of(method.ReturnType, context.Create(method.ReturnParameter));

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(one => one.Name))}>" : "";

    private static string Parameters(MethodBase method, NullabilityInfoContext context) =>
        string.Join(", ", method.GetParameters().Select(parameter => Parameter(parameter, context)));

    private static string Parameter(ParameterInfo parameter, NullabilityInfoContext context)
    {
        string pass = !parameter.ParameterType.IsByRef ? ""
            : parameter.IsOut ? "out "
            : parameter.IsIn ? "in "
            : "ref ";
        if (parameter.IsDefined(typeof(ParamArrayAttribute), inherit: false)
            || parameter.IsDefined(typeof(ParamCollectionAttribute), inherit: false))
        {
            pass = "params ";
        }

        string type = TypeNames.Of(parameter.ParameterType, context.Create(parameter));
        return $"{pass}{type} {parameter.Name}{Default(parameter)}";
    }

    private static string Default(ParameterInfo parameter)
    {
        if (!parameter.HasDefaultValue)
        {
            return "";
        }

        bool admitsNull = !parameter.ParameterType.IsValueType
            || Nullable.GetUnderlyingType(parameter.ParameterType) is not null;
        return parameter.DefaultValue switch
        {
            null => admitsNull ? " = null" : " = default",
            bool value => value ? " = true" : " = false",
            string value => $" = \"{value}\"",
            var value => string.Create(CultureInfo.InvariantCulture, $" = {value}"),
        };
    }

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
