using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>Reads the library's documentation file.</summary>
internal static partial class XmlDocs
{
    private static readonly Lazy<Dictionary<string, string>> s_summaries = new(Load);

    /// <summary>The summary of a property as plain text, a reference as the name it ends with.</summary>
    public static string Summary(PropertyInfo property)
    {
        string name = $"P:{property.DeclaringType!.FullName!.Split('[')[0]}.{property.Name}";
        return s_summaries.Value.TryGetValue(name, out string? text)
            ? text
            : throw new InvalidOperationException($"{name} has no documentation.");
    }

    private static Dictionary<string, string> Load() =>
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, "EmbeddedLog.xml"))
            .Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Plain(member.Element("summary")!));

    private static string Plain(XElement summary) =>
        Blanks().Replace(string.Concat(summary.Nodes().Select(Plain)), " ").Trim();

    private static string Plain(XNode node) => node switch
    {
        XElement element when element.Attribute("cref")?.Value is { } reference => LastTwo(reference),
        XElement element => element.Value,
        _ => node.ToString(),
    };

    /// <summary><c>P:EmbeddedLog.RetentionPolicy.Default</c> as <c>RetentionPolicy.Default</c>.</summary>
    private static string LastTwo(string reference) =>
        string.Join('.', reference[2..].Split('(')[0].Split('.')[^2..]);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
