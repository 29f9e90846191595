using System.Globalization;

namespace EmbeddedLog.Hosting.Configuration;

/// <summary>One key that a section may have: a value, a section of known keys, or a section of any names.</summary>
internal sealed class ConfigurationKey
{
    private ConfigurationKey(string name) => Name = name;

    /// <summary>The key, as the property is named.</summary>
    public string Name { get; }

    /// <summary>
    /// Says what is wrong with a value: what it must be; null if it is right. Null if this is no value.
    /// </summary>
    public Func<string, string?>? Check { get; private init; }

    /// <summary>The keys below; null if this is no section of known keys.</summary>
    public IReadOnlyList<ConfigurationKey>? Keys { get; private init; }

    /// <summary>The keys below each name; null if this is no section of names.</summary>
    public IReadOnlyList<ConfigurationKey>? KeysOfEach { get; private init; }

    /// <summary>Whether only code can set it.</summary>
    public bool IsCodeOnly { get; private init; }

    public static ConfigurationKey Text(string name) => Value(name, static _ => null);

    public static ConfigurationKey Flag(string name) =>
        Value(name, static text => bool.TryParse(text, out _) ? null : "true or false");

    public static ConfigurationKey Integer(string name) => Value(
        name,
        static text => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
            ? null
            : "a whole number up to 2,147,483,647");

    public static ConfigurationKey Long(string name) => Value(
        name,
        static text => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
            ? null
            : "a whole number");

    public static ConfigurationKey Number(string name) => Value(
        name,
        static text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? null
            : "a number");

    /// <summary>A bare number would be days, which nobody means.</summary>
    public static ConfigurationKey Duration(string name) => Value(
        name,
        static text => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out _) && text.Contains(':')
            ? null
            : "a time such as 00:00:30 for 30 seconds, or 7.00:00:00 for 7 days");

    public static ConfigurationKey OneOf<TEnum>(string name)
        where TEnum : struct, Enum => Value(
        name,
        static text => Enum.GetNames<TEnum>().Contains(text, StringComparer.OrdinalIgnoreCase)
            ? null
            : $"one of {string.Join(", ", Enum.GetNames<TEnum>())}");

    public static ConfigurationKey Section(string name, params IReadOnlyList<ConfigurationKey> keys) =>
        new(name) { Keys = keys };

    public static ConfigurationKey Names(string name, params IReadOnlyList<ConfigurationKey> keysOfEach) =>
        new(name) { KeysOfEach = keysOfEach };

    public static ConfigurationKey CodeOnly(string name) => new(name) { IsCodeOnly = true };

    private static ConfigurationKey Value(string name, Func<string, string?> check) => new(name) { Check = check };
}
