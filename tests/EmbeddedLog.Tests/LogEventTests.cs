using System.Reflection;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Tests;

/// <summary>The lines that a log writes can be told apart by their numbers.</summary>
public sealed class LogEventTests
{
    [Fact]
    public void EventIds_OfAllLines_AreDifferent()
    {
        LoggerMessageAttribute[] lines =
        [
            .. typeof(CommitLog).Assembly.GetTypes()
                .SelectMany(type => type.GetMethods(
                    BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>())
                .OfType<LoggerMessageAttribute>(),
        ];

        Assert.InRange(lines.Length, 20, 1000);
        Assert.Empty(lines.GroupBy(line => line.EventId).Where(group => group.Count() > 1).Select(group => group.Key));
    }
}
