using System.Reflection;
using System.Reflection.Emit;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// Finds the types of an assembly that a type of it refers to: in its bases, signatures, fields and attributes, and in
/// the code of its methods. Constants leave no trace in code, so they are not seen.
/// </summary>
internal sealed class TypeReferences
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> s_opCodes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    private readonly Type _type;
    private readonly Assembly _assembly;
    private readonly HashSet<Type> _found = [];

    private TypeReferences(Type type, Assembly assembly)
    {
        _type = type;
        _assembly = assembly;
    }

    /// <summary>
    /// The types of the same assembly, nested ones as the type that holds them, without the type itself.
    /// </summary>
    public static IReadOnlySet<Type> Of(Type type) => Of(type, type.Assembly);

    /// <summary>The same, of the types of another assembly.</summary>
    public static IReadOnlySet<Type> Of(Type type, Assembly assembly)
    {
        var references = new TypeReferences(type, assembly);
        references.AddType();
        references._found.Remove(type);
        return references._found;
    }

    private void AddType()
    {
        Add(_type.BaseType);
        Add(_type.GetInterfaces());
        Add(_type.GetGenericArguments().SelectMany(argument => argument.GetGenericParameterConstraints()));
        Add(_type.GetCustomAttributesData().Select(attribute => attribute.AttributeType));
        foreach (MemberInfo member in _type.GetMembers(Declared))
        {
            Add(member.GetCustomAttributesData().Select(attribute => attribute.AttributeType));
            AddMember(member);
            if (member is MethodBase method)
            {
                AddCode(method);
            }
        }

        // Closures and state machines belong to the code that they were made for.
        foreach (Type nested in _type.GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic))
        {
            _found.UnionWith(Of(nested, _assembly));
        }
    }

    private void AddMember(MemberInfo? member)
    {
        Add(member?.DeclaringType);
        switch (member)
        {
            case FieldInfo field:
                Add(field.FieldType);
                break;
            case MethodBase method:
                Add(method.GetParameters().Select(parameter => parameter.ParameterType));
                Add((method as MethodInfo)?.ReturnType);
                Add(method.IsGenericMethod ? method.GetGenericArguments() : []);
                break;
            case Type type:
                Add(type);
                break;
        }
    }

    private void AddCode(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body || body.GetILAsByteArray() is not { } code)
        {
            return;
        }

        Add(body.LocalVariables.Select(local => local.LocalType));
        Add(body.ExceptionHandlingClauses
            .Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause)
            .Select(clause => clause.CatchType));
        Type[] typeArguments = _type.GetGenericArguments();
        Type[] methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
        for (int at = 0; at < code.Length;)
        {
            short value = code[at] == 0xfe ? (short)((0xfe << 8) | code[at + 1]) : code[at];
            OpCode opCode = s_opCodes[value];
            at += opCode.Size;
            if (opCode.OperandType is OperandType.InlineField or OperandType.InlineMethod
                or OperandType.InlineTok or OperandType.InlineType)
            {
                AddMember(method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments));
            }

            at += OperandBytes(opCode.OperandType, code, at);
        }
    }

    private static int OperandBytes(OperandType type, byte[] code, int at) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => sizeof(int) * (1 + BitConverter.ToInt32(code, at)),
        _ => 4,
    };

    private void Add(IEnumerable<Type?> types)
    {
        foreach (Type? type in types)
        {
            Add(type);
        }
    }

    private void Add(Type? type)
    {
        while (type is { HasElementType: true })
        {
            type = type.GetElementType();
        }

        if (type is null || type.IsGenericParameter)
        {
            return;
        }

        if (type.IsConstructedGenericType)
        {
            Add(type.GetGenericArguments());
            type = type.GetGenericTypeDefinition();
        }

        if (type.Assembly != _assembly)
        {
            return;
        }

        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        _found.Add(type);
    }
}
