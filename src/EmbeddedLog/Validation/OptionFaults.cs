using System.Text;

namespace EmbeddedLog.Validation;

/// <summary>
/// Collects all faults of options for one exception. Each fault names the setting, its value, the bound and what to do.
/// </summary>
internal sealed class OptionFaults(string optionsName)
{
    private readonly List<string> _faults = [];

    /// <summary>The number of faults so far.</summary>
    public int Count => _faults.Count;

    /// <summary>The faults so far.</summary>
    public IReadOnlyList<string> All => _faults;

    /// <summary>Notes a fault.</summary>
    /// <param name="setting">The property's name.</param>
    /// <param name="value">Its value, as text.</param>
    /// <param name="bound">What it must be.</param>
    /// <param name="advice">What to do, as an imperative.</param>
    public void Add(string setting, string value, string bound, string advice) =>
        _faults.Add($"{setting} is {value} but must be {bound}: {advice}.");

    /// <summary>A number within bounds, both inclusive.</summary>
    /// <returns>Whether it is.</returns>
    public bool Range(string setting, long value, long min, long max, string unit, string advice)
    {
        if (value >= min && value <= max)
        {
            return true;
        }

        string bounds = unit.StartsWith("bytes", StringComparison.Ordinal)
            ? $"from {Units.SizeAndNumber(min)} to {Units.SizeAndNumber(max)} {unit}"
            : $"from {Number(min)} to {Number(max)} {unit}";
        Add(setting, Number(value), bounds, advice);
        return false;
    }

    /// <summary>
    /// A time span within bounds, both inclusive, or <see cref="Timeout.InfiniteTimeSpan"/> if the setting admits it.
    /// </summary>
    public void Range(
        string setting, TimeSpan value, TimeSpan min, TimeSpan max, string advice, string? infinite = null)
    {
        if ((value < min || value > max) && !(infinite is not null && value == Timeout.InfiniteTimeSpan))
        {
            string unless = infinite is null ? "" : $", or Timeout.InfiniteTimeSpan for {infinite}";
            Add(setting, Span(value), $"from {Span(min)} to {Span(max)}{unless}", advice);
        }
    }

    /// <summary>One of an enumeration's names, which a cast number need not be.</summary>
    public void Defined<TEnum>(string setting, TEnum value)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            string names = string.Join(", ", Enum.GetNames<TEnum>());
            Add(setting, value.ToString("D"), $"one of {names}", $"use a name of {typeof(TEnum).Name}");
        }
    }

    /// <summary>A value that must not be null.</summary>
    public void NotNull(string setting, object? value, string advice)
    {
        if (value is null)
        {
            Add(setting, "null", "set", advice);
        }
    }

    /// <summary>The name of a user's topic, or null.</summary>
    public void TopicName(string setting, string? value)
    {
        if (value is not null && NameRules.TopicFault(value) is { } fault)
        {
            _faults.Add($"{setting}: {fault}");
        }
    }

    /// <summary>Throws if there is any fault, with all of them.</summary>
    /// <exception cref="ArgumentException">There are faults.</exception>
    public void ThrowIfAny()
    {
        if (_faults.Count == 0)
        {
            return;
        }

        var message = new StringBuilder(optionsName)
            .Append(_faults.Count == 1 ? " has a fault:" : $" has {_faults.Count} faults:");
        foreach (string fault in _faults)
        {
            message.Append("\n- ").Append(fault);
        }

        throw new ArgumentException(message.ToString(), "options");
    }

    /// <summary>A number with separators, the same in every culture.</summary>
    public static string Number(long value) => Units.Number(value);

    /// <summary>A time span as people read it.</summary>
    public static string Span(TimeSpan value) => Units.Duration(value);
}
