using System.Reflection;
using EmbeddedLog.Hosting.Configuration;

namespace EmbeddedLog.Hosting.Tests.Configuration;

/// <summary>The table of keys has every property of the options, and no other.</summary>
public sealed class ConfigurationKeysTests
{
    [Fact]
    public void Keys_OfALog_AreThePropertiesOfTheOptions() =>
        AssertSame(ConfigurationKeys.Log, typeof(EmbeddedLogOptions));

    private static void AssertSame(IReadOnlyList<ConfigurationKey> keys, Type type)
    {
        PropertyInfo[] properties = type.GetProperties(BindingFlags.Instance | BindingFlags.Public);
        Assert.Equal(
            properties.Select(each => each.Name).Order(StringComparer.Ordinal),
            keys.Select(each => each.Name).Order(StringComparer.Ordinal));
        foreach (ConfigurationKey key in keys)
        {
            Type of = properties.Single(each => each.Name == key.Name).PropertyType;
            Type bare = Nullable.GetUnderlyingType(of) ?? of;
            if (key.Keys is { } below)
            {
                AssertSame(below, of);
            }
            else if (key.KeysOfEach is { } belowEach)
            {
                AssertSame(belowEach, of.GetGenericArguments()[1]);
            }
            else if (key.IsCodeOnly)
            {
                bool isCode = bare.IsInterface || bare.IsSubclassOf(typeof(Delegate)) || bare.Namespace == "Polly";
                Assert.True(isCode, key.Name);
            }
            else
            {
                string right = bare == typeof(string) ? "text"
                    : bare == typeof(bool) ? "true"
                    : bare == typeof(TimeSpan) ? "00:00:01"
                    : bare.IsEnum ? Enum.GetNames(bare)[0]
                    : "1";
                Assert.Null(key.Check!(right));
                Assert.True(bare == typeof(string) || key.Check!("no such value") is not null, key.Name);
            }
        }
    }
}
