using System.Reflection;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// Every public type of the library whose name says that it is options, and the policy, which is handed over like them.
/// </summary>
internal static class OptionsClasses
{
    public static IReadOnlyList<Type> All { get; } =
    [
        .. typeof(Durability).Assembly.GetExportedTypes()
            .Where(type => type.Name.Split('`')[0].EndsWith("Options", StringComparison.Ordinal)
                || type == typeof(RetentionPolicy)),
    ];

    /// <summary>What can be set of one.</summary>
    public static IEnumerable<PropertyInfo> Settings(Type type) =>
        type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(property => property.CanWrite);
}
