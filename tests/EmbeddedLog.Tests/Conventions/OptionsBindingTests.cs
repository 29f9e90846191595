using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// Walks the options classes of the assembly: each member binds from configuration, by reflection and by generated
/// code, and has effect on the object that it was bound to and on no other.
/// </summary>
public sealed class OptionsBindingTests
{
    /// <summary>What only code can set.</summary>
    private static readonly string[] s_codeOnly =
    [
        "CommitLogOptions.JsonContexts",
        "CommitLogOptions.JsonSerializerOptions",
        "CommitLogOptions.LoggerFactory",
        "CommitLogOptions.TimeProvider",
        "ConsumerOptions.OnAssigned",
        "ConsumerOptions.OnLost",
        "ConsumerOptions.OnRevoked",
        "ForEachOptions.FailureHandler",
        "ProducerOptions.Partitioner",
        "ReadOnlyLogOptions.JsonContexts",
        "ReadOnlyLogOptions.JsonSerializerOptions",
        "ReadOnlyLogOptions.LoggerFactory",
        "ReadOnlyLogOptions.TimeProvider",
        "RetryOptions.ShouldRetry",
        "SalvageOptions.LoggerFactory",
        "SalvageOptions.TimeProvider",
        "TopicOptions.Partitioner",
    ];

    /// <summary>Each call below is one that the generator replaces, which it does by the static type.</summary>
    private static readonly Dictionary<Type, Action<IConfiguration, object>> s_generated = new()
    {
        [typeof(BatchOptions)] = Typed<BatchOptions>((from, to) => from.Bind(to)),
        [typeof(CommitLogOptions)] = Typed<CommitLogOptions>((from, to) => from.Bind(to)),
        [typeof(ConsumerOptions)] = Typed<ConsumerOptions>((from, to) => from.Bind(to)),
        [typeof(ForEachOptions)] = Typed<ForEachOptions>((from, to) => from.Bind(to)),
        [typeof(ProducerOptions)] = Typed<ProducerOptions>((from, to) => from.Bind(to)),
        [typeof(ReadOnlyLogOptions)] = Typed<ReadOnlyLogOptions>((from, to) => from.Bind(to)),
        [typeof(RetentionPolicy)] = Typed<RetentionPolicy>((from, to) => from.Bind(to)),
        [typeof(RetryOptions)] = Typed<RetryOptions>((from, to) => from.Bind(to)),
        [typeof(SalvageOptions)] = Typed<SalvageOptions>((from, to) => from.Bind(to)),
        [typeof(TopicOptions)] = Typed<TopicOptions>((from, to) => from.Bind(to)),
        [typeof(BackupOptions)] = Typed<BackupOptions>((from, to) => from.Bind(to)),
        [typeof(VerifyOptions)] = Typed<VerifyOptions>((from, to) => from.Bind(to)),
    };

    /// <summary>No generator replaces a delegate to the method.</summary>
    private static readonly Action<IConfiguration, object> s_reflected = ConfigurationBinder.Bind;

    /// <summary>Read before anything is bound: a write through a shared default changes new objects too.</summary>
    private static readonly Dictionary<string, object?> s_defaults = OptionsClasses.All
        .SelectMany(type => PathsOf(type, type.Name).Select(path =>
            KeyValuePair.Create(path, Read(Activator.CreateInstance(type)!, Resolve(path).Steps))))
        .ToDictionary();

    public static TheoryData<string, bool> Bindable
    {
        get
        {
            TheoryData<string, bool> all = [];
            foreach (Type type in OptionsClasses.All)
            {
                foreach (string path in PathsOf(type, type.Name))
                {
                    all.Add(path, false);
                    all.Add(path, true);
                }
            }

            return all;
        }
    }

    [Fact]
    public void OptionsClasses_All_AreBoundByGeneratedCode()
    {
        Assert.Equal(OptionsClasses.All.OrderBy(type => type.Name), s_generated.Keys.OrderBy(type => type.Name));

        string[] generated =
        [
            .. typeof(OptionsBindingTests).Assembly.GetTypes()
                .Where(type => type.Namespace == "Microsoft.Extensions.Configuration.Binder.SourceGeneration")
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public))
                .Where(method => method.Name.StartsWith("Bind", StringComparison.Ordinal))
                .SelectMany(method => method.GetParameters())
                .Select(parameter => parameter.ParameterType.Name.TrimEnd('&')),
        ];
        Assert.All(OptionsClasses.All, type => Assert.Contains(type.Name, generated));
    }

    [Fact]
    public void OptionsClasses_All_AreBindableOrListedAsCodeOnly()
    {
        string[] codeOnly =
        [
            .. OptionsClasses.All
                .SelectMany(OptionsClasses.Settings)
                .Where(setting => !IsScalar(setting.PropertyType) && !IsOptions(setting.PropertyType))
                .Select(setting => $"{setting.DeclaringType!.Name}.{setting.Name}")
                .Order(StringComparer.Ordinal),
        ];

        Assert.Equal(s_codeOnly, codeOnly);
        Assert.All(OptionsClasses.All, type => Assert.False(type.IsGenericType));
        Assert.All(
            OptionsClasses.All.SelectMany(type => type.GetProperties(BindingFlags.Instance | BindingFlags.Public)),
            property => Assert.True(IsSettable(property), $"{property.DeclaringType}.{property.Name} cannot be set."));
    }

    [Theory]
    [MemberData(nameof(Bindable))]
    public void Bind_AnyValue_IsReadBackFromThatObjectAlone(string path, bool byGeneratedCode)
    {
        (Type type, PropertyInfo[] steps) = Resolve(path);
        object bound = Activator.CreateInstance(type)!;
        string value = OtherThan(Read(bound, steps), steps[^1].PropertyType);

        Bind(bound, path, value, byGeneratedCode);

        Assert.Equal(Parse(value, steps[^1].PropertyType), Read(bound, steps));
        AssertAllElseIsDefault(bound, type, path);
        AssertAllElseIsDefault(Activator.CreateInstance(type)!, type, except: null);
    }

    [Theory]
    [MemberData(nameof(Bindable))]
    public void Bind_NoValueOfTheType_IsAnErrorThatNamesThePath(string path, bool byGeneratedCode)
    {
        (Type type, PropertyInfo[] steps) = Resolve(path);
        if (steps[^1].PropertyType == typeof(string))
        {
            // Every text is one.
            object bound = Activator.CreateInstance(type)!;
            Bind(bound, path, "neither number nor name", byGeneratedCode);
            Assert.Equal("neither number nor name", Read(bound, steps));
            return;
        }

        var failure = Assert.ThrowsAny<InvalidOperationException>(
            () => Bind(Activator.CreateInstance(type)!, path, "neither number nor name", byGeneratedCode));

        Assert.Contains("App:" + path.Replace('.', ':'), failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bind_SettingNotGiven_StillFollowsTheOther(bool byGeneratedCode)
    {
        TopicOptions options = new();
        Bind(options, "TopicOptions.Partitions", "3", byGeneratedCode);
        options.SegmentBytes = 16 << 10;

        Assert.Equal((16 << 10) - TopicOptions.SegmentReserveBytes, options.ValidatedCopy().MaxRecordBytes);
    }

    [Fact]
    public void StaticProperties_ThatShareAnObject_ShareNoneThatCanBeWritten()
    {
        IEnumerable<PropertyInfo> all = typeof(Durability).Assembly.GetExportedTypes()
            .Where(type => !type.IsGenericType)
            .SelectMany(type => type.GetProperties(BindingFlags.Static | BindingFlags.Public))
            .Where(property => !property.PropertyType.IsByRefLike);

        Assert.All(all, property =>
        {
            object value = property.GetValue(null)!;
            Assert.True(
                !ReferenceEquals(value, property.GetValue(null)) || !CanBeWritten(value.GetType()),
                $"{property.DeclaringType}.{property.Name} is one object for all, and can be written.");
        });
    }

    [Fact]
    public void Defaults_OfTwoObjects_ShareNothingThatCanBeWritten() =>
        Assert.All(OptionsClasses.All.SelectMany(OptionsClasses.Settings), setting =>
        {
            object? one = setting.GetValue(Activator.CreateInstance(setting.DeclaringType!));
            object? other = setting.GetValue(Activator.CreateInstance(setting.DeclaringType!));
            Assert.True(
                one is null || !ReferenceEquals(one, other) || !CanBeWritten(one.GetType()),
                $"{setting.DeclaringType}.{setting.Name} is one object for all, and can be written.");
        });

    [Fact]
    public void Options_HandedOver_AreNotReachedByLaterWrites()
    {
        TopicOptions options = new();
        TopicOptions taken = options.ValidatedCopy();
        options.Retention.MaxAge = TimeSpan.FromSeconds(1);
        TopicOptions shown = taken.Copy();
        shown.Retention.MaxAge = TimeSpan.FromSeconds(2);

        Assert.Equal(TimeSpan.FromDays(7), taken.Retention.MaxAge);
    }

    private static Action<IConfiguration, object> Typed<T>(Action<IConfiguration, T> bind) =>
        (from, to) => bind(from, (T)to);

    private static void Bind(object target, string path, string value, bool byGeneratedCode)
    {
        IConfiguration section = new ConfigurationBuilder()
            .AddInMemoryCollection([new($"App:{path.Replace('.', ':')}", value)])
            .Build()
            .GetSection($"App:{target.GetType().Name}");
        (byGeneratedCode ? s_generated[target.GetType()] : s_reflected)(section, target);
    }

    /// <summary>The bindable members, those of members that are options too among them.</summary>
    private static IEnumerable<string> PathsOf(Type type, string path) =>
        OptionsClasses.Settings(type).SelectMany(setting => IsOptions(setting.PropertyType)
            ? PathsOf(setting.PropertyType, $"{path}.{setting.Name}")
            : IsScalar(setting.PropertyType) ? [$"{path}.{setting.Name}"] : Array.Empty<string>());

    private static (Type Type, PropertyInfo[] Steps) Resolve(string path)
    {
        string[] names = path.Split('.');
        Type type = OptionsClasses.All.Single(each => each.Name == names[0]);
        List<PropertyInfo> steps = [];
        foreach (string name in names.Skip(1))
        {
            steps.Add((steps.Count == 0 ? type : steps[^1].PropertyType).GetProperty(name)!);
        }

        return (type, [.. steps]);
    }

    private static object? Read(object target, IEnumerable<PropertyInfo> steps) =>
        steps.Aggregate((object?)target, (at, step) => step.GetValue(at));

    private static void AssertAllElseIsDefault(object bound, Type type, string? except)
    {
        foreach (string path in PathsOf(type, type.Name).Where(path => path != except))
        {
            Assert.Equal(s_defaults[path], Read(bound, Resolve(path).Steps));
        }
    }

    private static string OtherThan(object? value, Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(bool) => value is true ? "false" : "true",
        var t when t == typeof(TimeSpan) => "00:00:07",
        var t when t == typeof(DateTimeOffset) => "2026-01-01T00:00Z",
        { IsEnum: true } t => Enum.GetNames(t).First(name => name != value!.ToString()),
        _ => "7",
    };

    private static object Parse(string value, Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(TimeSpan) => TimeSpan.Parse(value, CultureInfo.InvariantCulture),
        var t when t == typeof(DateTimeOffset) => DateTimeOffset.Parse(value, CultureInfo.InvariantCulture),
        { IsEnum: true } t => Enum.Parse(t, value),
        var t => Convert.ChangeType(value, t, CultureInfo.InvariantCulture),
    };

    private static bool IsScalar(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is var t
        && (t.IsPrimitive || t.IsEnum || t == typeof(string) || t == typeof(TimeSpan) || t == typeof(DateTimeOffset));

    private static bool IsOptions(Type type) => OptionsClasses.All.Contains(type);

    private static bool IsSettable(PropertyInfo property) => property.SetMethod is { IsPublic: true } setter
        && !setter.ReturnParameter.GetRequiredCustomModifiers()
            .Contains(typeof(System.Runtime.CompilerServices.IsExternalInit));

    private static bool CanBeWritten(Type type) =>
        type.GetProperties().Any(IsSettable)
        || type.GetFields().Any(field => !field.IsInitOnly && !field.IsLiteral && !field.IsStatic)
        || (typeof(IList).IsAssignableFrom(type) && (!type.IsArray || type.GetElementType()!.IsPrimitive));
}
