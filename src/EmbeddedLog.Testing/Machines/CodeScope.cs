using System.Text.RegularExpressions;

namespace EmbeddedLog.Testing.Machines;

/// <summary>
/// The user's code that runs: a body, a service, a handler with its record. It flows with the code into whatever it
/// starts, so that a thread that goes on with it knows whose code that is.
/// </summary>
/// <param name="Machine">Where it runs.</param>
/// <param name="Name">What it is called in messages.</param>
/// <param name="Life">The life of the log in which it was started; null for code that survives crashes.</param>
/// <param name="Member">The member of a group that it is; null for none.</param>
internal sealed partial record CodeScope(TestMachine Machine, string Name, int? Life, string? Member = null)
{
    private static readonly AsyncLocal<CodeScope?> s_current = new(OnChanged);

    /// <summary>That of the code that calls.</summary>
    public static CodeScope? Current => s_current.Value;

    /// <summary>Begins code of its own; to be ended by <see cref="Leave"/> on the same stack.</summary>
    /// <returns>What was before.</returns>
    public CodeScope? Enter()
    {
        CodeScope? before = s_current.Value;
        s_current.Value = this;
        return before;
    }

    /// <summary>Ends what <see cref="Enter"/> has begun.</summary>
    public static void Leave(CodeScope? before) => s_current.Value = before;

    /// <summary>The name of a method as it stands in the source, with its type.</summary>
    public static string NameOf(Delegate code)
    {
        Type? type = code.Method.DeclaringType;
        while (type is { DeclaringType: { } outer } && type.Name.StartsWith('<'))
        {
            type = outer;
        }

        // As in <Outer>b__0 for a lambda and <Outer>g__Inner|0_1 for a function in a method.
        Match made = CompilerName().Match(code.Method.Name);
        bool isLambda = made.Success && !made.Groups["inner"].Success;
        string method = !made.Success ? code.Method.Name : made.Groups[isLambda ? "outer" : "inner"].Value;
        return type is null ? method : $"{(isLambda ? "a lambda in " : "")}{type.Name}.{method}";
    }

    /// <summary>
    /// Called by the runtime on the thread that goes on with code of the user's, before that code. What a simulation
    /// runs is on its own thread.
    /// </summary>
    private static void OnChanged(AsyncLocalValueChangedArgs<CodeScope?> change)
    {
        if (change.ThreadContextChanged && change.CurrentValue is { } scope)
        {
            scope.Machine.NoteContinued(scope);
        }
    }

    [GeneratedRegex("^<(?<outer>.+)>(?:g__(?<inner>\\w+))?")]
    private static partial Regex CompilerName();
}
