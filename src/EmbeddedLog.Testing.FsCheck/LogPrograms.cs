using EmbeddedLog.Testing.FsCheck.Programs;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Testing.FsCheck;

/// <summary>
/// Programs of what happens to a service that reads a log: records are sent, members of its group start and stop, the
/// process is killed, the power fails, other systems are slow or fail, time goes by.
/// </summary>
public static class LogPrograms
{
    /// <summary>Programs for a service that reads keys and values of some types.</summary>
    /// <typeparam name="TKey">The keys' type.</typeparam>
    /// <typeparam name="TValue">The values' type.</typeparam>
    /// <param name="keys">How many different keys are sent, 1 to 1,000.</param>
    /// <param name="members">How many members the group has at most, 1 to 100. Each runs the service.</param>
    /// <param name="crashes">Whether the process is killed and the power fails.</param>
    /// <param name="rebalances">
    /// Whether members come and go, and are so slow that they lose their partitions. Otherwise all members begin at the
    /// start and stay.
    /// </param>
    /// <param name="failures">Whether the sink of the effects is slow, and fails before or after its work.</param>
    /// <param name="key">
    /// Makes the key of a number from 0; the same number, the same key. Null for <c>key-0</c> and so on, numbers, or
    /// what FsCheck generates.
    /// </param>
    /// <param name="value">
    /// Makes the value of a key and the number of a send, which no other send of the program has. Null for what FsCheck
    /// generates: then two values may be equal.
    /// </param>
    /// <param name="partitions">How many partitions the topic has, 1 to 100.</param>
    /// <param name="topic">The topic's name, as the service knows it.</param>
    /// <param name="group">The group's name, as the service knows it.</param>
    public static LogPrograms<TKey, TValue> For<TKey, TValue>(
        int keys = 5,
        int members = 3,
        bool crashes = false,
        bool rebalances = false,
        bool failures = false,
        Func<int, TKey>? key = null,
        Func<TKey, int, TValue>? value = null,
        int partitions = 3,
        string topic = "topic",
        string group = "group")
    {
        CheckRange(keys, 1, 1_000);
        CheckRange(members, 1, 100);
        CheckRange(partitions, 1, 100);
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        return new LogPrograms<TKey, TValue>(new ProgramSettings<TKey, TValue>
        {
            Keys = keys,
            Members = members,
            Crashes = crashes,
            Rebalances = rebalances,
            Failures = failures,
            Key = key ?? Sample<TKey>,
            Value = value ?? ((_, number) => Generate<TValue>(number)),
            Partitions = partitions,
            Topic = topic,
            Group = group,
        });
    }

    private static void CheckRange(
        int number,
        int first,
        int last,
        [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(number))] string? name = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, first, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, last, name);
    }

    private static T Sample<T>(int number) => number switch
    {
        _ when typeof(T) == typeof(string) => (T)(object)$"key-{number}",
        _ when typeof(T) == typeof(int) => (T)(object)number,
        _ when typeof(T) == typeof(long) => (T)(object)(long)number,
        _ => Generate<T>(number),
    };

    /// <summary>The same number gives the same value, on every machine.</summary>
    private static T Generate<T>(int number)
    {
        // Large, so that two numbers in two values are rarely equal.
        const int Size = 1_000_000;
        Gen<T> generator = typeof(T) == typeof(string)
            ? (Gen<T>)(object)ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get)
            : ArbMap.Default.GeneratorFor<T>();
        int size = typeof(T).IsPrimitive || typeof(T).IsValueType ? Size : 100;
        return generator.Sample(size, new Rnd((ulong)number + 1), 1)[0];
    }
}
