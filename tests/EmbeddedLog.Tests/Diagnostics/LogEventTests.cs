using System.Reflection;
using EmbeddedLog.Diagnostics;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Tests.Diagnostics;

/// <summary>The lines that a log writes can be told apart by their numbers.</summary>
public sealed class LogEventTests
{
    private static readonly MethodInfo[] s_lines =
    [
        .. typeof(CommitLog).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(
                BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null),
    ];

    [Fact]
    public void EventIds_OfAllLines_AreDifferent()
    {
        Assert.InRange(s_lines.Length, 20, 1000);
        Assert.Empty(s_lines.GroupBy(line => Of(line).EventId).Where(group => group.Count() > 1)
            .Select(group => group.Key));
    }

    [Fact]
    public void Texts_OfAllLines_PutDurationsAndSizesInUnits()
    {
        ParameterInfo[] raw =
        [
            .. s_lines.SelectMany(line => line.GetParameters()).Where(value =>
                value.ParameterType == typeof(TimeSpan)
                || value.ParameterType == typeof(DateTimeOffset)
                || (value.ParameterType != typeof(string)
                    && value.Name!.EndsWith("bytes", StringComparison.OrdinalIgnoreCase))),
        ];

        Assert.NotEmpty(raw);
        Assert.DoesNotContain(raw, value => Of((MethodInfo)value.Member).Message.Contains(
            $"{{{value.Name}", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Categories_OfLoggers_AreTheNamesOfWhatUsersOpen()
    {
        Assert.Equal(LogCategory.CommitLog, typeof(CommitLog).FullName);
        Assert.Equal(LogCategory.ReadOnlyLog, typeof(ReadOnlyLog).FullName);
    }

    private static LoggerMessageAttribute Of(MethodInfo line) =>
        line.GetCustomAttribute<LoggerMessageAttribute>()!;
}
