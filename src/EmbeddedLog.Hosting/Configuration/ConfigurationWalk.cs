using Microsoft.Extensions.Configuration;

namespace EmbeddedLog.Hosting.Configuration;

/// <summary>
/// Finds all faults of a section before it is bound, since the binder tells the first one only: unknown keys, values
/// that are not of their kind, and what only code can set.
/// </summary>
internal static class ConfigurationWalk
{
    /// <summary>A sentence for each fault, which begins with the configuration path.</summary>
    public static IReadOnlyList<string> FindFaults(IConfigurationSection section)
    {
        List<string> faults = [];
        Walk(section, ConfigurationKeys.Log, faults);
        return faults;
    }

    private static void Walk(
        IConfigurationSection section, IReadOnlyList<ConfigurationKey> keys, List<string> faults)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            faults.Add($"{section.Path} is '{section.Value}' but must be a section with keys.");
        }

        foreach (IConfigurationSection child in section.GetChildren())
        {
            ConfigurationKey? key =
                keys.FirstOrDefault(each => string.Equals(each.Name, child.Key, StringComparison.OrdinalIgnoreCase));
            if (key is null)
            {
                faults.Add(Unknown(child, keys));
            }
            else if (key.IsCodeOnly)
            {
                faults.Add($"{child.Path} can be set in code only: remove it from the configuration.");
            }
            else if (key.Check is { } check)
            {
                Check(child, check, faults);
            }
            else if (key.Keys is { } below)
            {
                Walk(child, below, faults);
            }
            else
            {
                foreach (IConfigurationSection named in child.GetChildren())
                {
                    Walk(named, key.KeysOfEach!, faults);
                }
            }
        }
    }

    private static void Check(IConfigurationSection child, Func<string, string?> check, List<string> faults)
    {
        if (child.GetChildren().Any())
        {
            faults.Add($"{child.Path} is a section but must be a value.");
        }
        else if (!string.IsNullOrEmpty(child.Value) && check(child.Value) is { } mustBe)
        {
            // An empty value is null to the binder.
            faults.Add($"{child.Path} is '{child.Value}' but must be {mustBe}.");
        }
    }

    private static string Unknown(IConfigurationSection child, IReadOnlyList<ConfigurationKey> keys)
    {
        string[] names = [.. keys.Where(key => !key.IsCodeOnly).Select(key => key.Name)];
        return Nearest.Of(child.Key, names) is { } near
            ? $"{child.Path} is unknown: did you mean {near}?"
            : $"{child.Path} is unknown: the keys are {string.Join(", ", names)}.";
    }
}
