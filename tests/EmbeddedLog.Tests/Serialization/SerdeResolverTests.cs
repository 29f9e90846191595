using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using EmbeddedLog.Serialization;
using EmbeddedLog.Serialization.Primitives;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Serialization.Json;

namespace EmbeddedLog.Tests.Serialization;

public sealed class SerdeResolverTests
{
    [Fact]
    public void Resolve_BuiltInTypes_AreNotJson()
    {
        SerdeResolver resolver = Trimmed();

        Assert.Same(Serdes.Bytes, resolver.Resolve<byte[]>());
        Assert.Same(Serdes.ReadOnlyMemory, resolver.Resolve<ReadOnlyMemory<byte>>());
        Assert.Same(Serdes.Memory, resolver.Resolve<Memory<byte>>());
        Assert.Same(Serdes.Utf8, resolver.Resolve<string>());
        Assert.Same(Serdes.Boolean, resolver.Resolve<bool>());
        Assert.Same(Serdes.Byte, resolver.Resolve<byte>());
        Assert.Same(Serdes.SByte, resolver.Resolve<sbyte>());
        Assert.Same(Serdes.Int16, resolver.Resolve<short>());
        Assert.Same(Serdes.UInt16, resolver.Resolve<ushort>());
        Assert.Same(Serdes.Int32, resolver.Resolve<int>());
        Assert.Same(Serdes.UInt32, resolver.Resolve<uint>());
        Assert.Same(Serdes.Int64, resolver.Resolve<long>());
        Assert.Same(Serdes.UInt64, resolver.Resolve<ulong>());
        Assert.Same(Serdes.Single, resolver.Resolve<float>());
        Assert.Same(Serdes.Double, resolver.Resolve<double>());
        Assert.Same(Serdes.Guid, resolver.Resolve<Guid>());
    }

    [Fact]
    public void Resolve_NullableBuiltInTypes_HaveTheSameForm()
    {
        SerdeResolver resolver = Trimmed();

        Assert.Equal([0, 0, 0, 7], resolver.Resolve<int?>().ToBytes(7));
        Assert.Equal(7, resolver.Resolve<int?>().FromBytes(0, 0, 0, 7));
        Assert.Equal([1], resolver.Resolve<bool?>().ToBytes(true));
        Assert.Equal(16, resolver.Resolve<Guid?>().ToBytes(Guid.Empty).Length);
    }

    [Fact]
    public void Resolve_BuiltInTypeInAContext_StaysBuiltIn() =>
        Assert.Same(Serdes.Int32, Trimmed(IndentedContext.Default).Resolve<int>());

    [Fact]
    public void Resolve_TypeInAContext_IsJson()
    {
        ISerde<PageView> serde = Trimmed(ShapesContext.Default).Resolve<PageView>();

        Assert.Equal("""{"Path":"/home","Status":200}""", Text(serde, new PageView("/home", 200)));
        Assert.Equal(new PageView("/home", 200), serde.RoundTrip(new PageView("/home", 200)));
    }

    [Fact]
    public void Resolve_TypeInTwoContexts_TakesTheFirst()
    {
        ISerde<PageView> serde = Trimmed(IndentedContext.Default, ShapesContext.Default).Resolve<PageView>();

        Assert.Contains("\"path\": \"/home\"", Text(serde, new PageView("/home")), StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_NullableOfAStructInAContext_HasTheStructsForm()
    {
        ISerde<Point?> serde = Trimmed(ShapesContext.Default).Resolve<Point?>();

        Assert.Equal("""{"X":1,"Y":2}""", Text(serde, new Point(1, 2)));
        Assert.Equal(new Point(1, 2), serde.RoundTrip(new Point(1, 2)));
    }

    [Fact]
    public void Resolve_FrameworkValueTypes_NeedNoContext()
    {
        SerdeResolver resolver = Trimmed();
        var time = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(2));

        Assert.Equal("\"2026-03-01T12:00:00+02:00\"", Text(resolver.Resolve<DateTimeOffset>(), time));
        Assert.Equal(time, resolver.Resolve<DateTimeOffset?>().RoundTrip(time));
        Assert.Equal(1.50m, resolver.Resolve<decimal>().RoundTrip(1.50m));
        Assert.Equal(TimeSpan.FromTicks(1), resolver.Resolve<TimeSpan>().RoundTrip(TimeSpan.FromTicks(1)));
        Assert.Equal(new DateOnly(2026, 3, 1), resolver.Resolve<DateOnly>().RoundTrip(new DateOnly(2026, 3, 1)));
        Assert.Equal("[1]", Text(resolver.Resolve<JsonNode>(), new JsonArray(1)));
    }

    [Fact]
    public void Resolve_FrameworkTypeInAContext_TakesTheUsersForm() =>
        Assert.Equal("\"custom\"", Text(Trimmed(CustomContext.Create()).Resolve<TimeSpan>(), TimeSpan.Zero));

    [Fact]
    public void Resolve_UnregisteredTypeWithReflection_IsJson()
    {
        var resolver = new SerdeResolver([], options: null, reflection: true);

        Assert.Equal("""{"Number":1}""", Text(resolver.Resolve<Unregistered>(), new Unregistered(1)));
        Assert.Equal(new Point(1, 2), resolver.Resolve<Point?>().RoundTrip(new Point(1, 2)));
        Assert.Equal(DayOfWeek.Friday, resolver.Resolve<DayOfWeek>().RoundTrip(DayOfWeek.Friday));
    }

    [Fact]
    public void Resolve_DefaultResolver_FollowsTheProgramsSwitch()
    {
        Assert.True(JsonSerializer.IsReflectionEnabledByDefault);
        ISerde<Unregistered> serde = new SerdeResolver([], options: null).Resolve<Unregistered>();
        Assert.Equal(new Unregistered(1), serde.RoundTrip(new Unregistered(1)));
    }

    [Fact]
    public void Resolve_UnregisteredTypeWithoutReflection_SaysHowToRegister()
    {
        var exception = Assert.Throws<InvalidOperationException>(
            () => Trimmed(ShapesContext.Default).Resolve<Unregistered>());

        Assert.Contains("There is no serializer for Unregistered,", exception.Message, StringComparison.Ordinal);
        Assert.Contains("[JsonSerializable(typeof(Unregistered))]", exception.Message, StringComparison.Ordinal);
        Assert.Contains("CommitLogOptions.JsonContexts", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NullValue_OfAType_IsAllowedWhereTheTypeAdmitsNull()
    {
        Assert.True(NullValue<string>.IsAllowed);
        Assert.True(NullValue<int?>.IsAllowed);
        Assert.True(NullValue<byte[]>.IsAllowed);
        Assert.False(NullValue<int>.IsAllowed);
        Assert.False(NullValue<ReadOnlyMemory<byte>>.IsAllowed);
    }

    private static SerdeResolver Trimmed(params JsonSerializerContext[] contexts) =>
        new(contexts, options: null, reflection: false);

    private static string Text<T>(ISerde<T> serde, T value) => Encoding.UTF8.GetString(serde.ToBytes(value));
}
