using System.Collections;
using System.Collections.Immutable;
using System.Numerics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EmbeddedLog.Serialization;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Serialization.Json.RoundTripTypes;

namespace EmbeddedLog.Tests.Serialization.Json;

/// <summary>A type is refused when its serializer is asked for, or each value comes back as it went in.</summary>
public sealed class JsonRoundTripTests
{
    private static readonly SerdeResolver s_default = new([], options: null, reflection: true);

    private static readonly SerdeResolver s_withFields = new(
        [], new JsonSerializerOptions { IncludeFields = true, PropertyNameCaseInsensitive = true }, reflection: true);

    private static readonly SerdeResolver[] s_others =
    [
        s_withFields,
        ByOptions(JsonSerializerOptions.Web),
        ByOptions(JsonSerializerOptions.Default),
        ByOptions(JsonSerializerOptions.Strict),
        ByOptions(new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault }),
        ByOptions(new()
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectRequiredConstructorParameters = true,
        }),
    ];

    /// <summary>A value of each type, and whether the defaults take it.</summary>
    public static TheoryData<string, bool> Values => new(s_values.Select(each => (each.Key, each.Value.Taken)));

    private static readonly Dictionary<string, (object Value, bool Taken)> s_values = new()
    {
        ["empty record"] = (new Empty(), true),
        ["nested"] = (new Nested(new Settable { Number = 1 }, [new(1, 2)], new() { ["a"] = new(3, 4) }), true),
        ["left out by default"] = (new LeftOut(0, null), true),
        ["constant"] = (new Constant(7), true),
        ["settable"] = (new Settable { Number = 1, Text = "a" }, true),
        ["record struct"] = (new Point(1, 2), true),
        ["class tuple"] = (Tuple.Create(1, "a"), true),
        ["pair"] = (KeyValuePair.Create("a", 1), true),
        ["ignored field"] = (new IgnoredField { Number = 3 }, true),
        ["known"] = (new Circle(5), true),
        ["tree"] = (new Tree(1, [new Tree(2, [])]), true),
        ["list"] = (new List<int> { 1, 2 }, true),
        ["array"] = (new[] { "a", "b" }, true),
        ["immutable list"] = (ImmutableList.Create(1, 2), true),
        ["queue"] = (new Queue<int>([1, 2]), true),
        ["dictionary"] = (new Dictionary<string, int> { ["a"] = 1 }, true),
        ["enum"] = (DayOfWeek.Friday, true),
        ["decimal"] = (1.5m, true),
        ["half"] = (Half.Pi, true),
        ["int128"] = (Int128.MaxValue, true),
        ["time"] = (new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)), true),
        ["rune-less char"] = ('a', true),
        ["value tuple"] = ((1, "a"), false),
        ["nested tuple"] = (new List<(int, int)> { (1, 2) }, false),
        ["public fields"] = (new PublicFields { X = 1, Y = 2 }, false),
        ["nested public fields"] = (new WithPublicFields(new PublicFields { X = 1, Y = 2 }), false),
        ["vector"] = (new Vector3(1, 2, 3), false),
        ["quaternion"] = (new Quaternion(1, 2, 3, 4), false),
        ["big integer"] = (BigInteger.Pow(7, 40), false),
        ["complex"] = (new Complex(1, 2), false),
        ["read-only field"] = (new ReadOnlyField(1), false),
        ["private field"] = (new PrivateField(1), false),
        ["get-only"] = (new GetOnly(1), false),
        ["private setter"] = (PrivateSetter.Of(1), false),
        ["get-only list"] = (new GetOnlyList { Numbers = { 1 } }, false),
        ["object"] = (new object(), false),
        ["nested object"] = (new WithObject(1, 2), false),
        ["list of objects"] = (new List<object> { 1 }, false),
        ["untyped list"] = (new ArrayList { 1 }, false),
        ["no way in"] = (NoWayIn.Of(1), false),
        ["collection with more"] = (new Page { Total = 3 }, false),
        ["stack"] = (new Stack<int>([1, 2]), false),
        ["index"] = (new Index(3, fromEnd: true), false),
        ["range"] = (1..3, false),
        ["matrix"] = (new int[1, 1], false),
        ["lazy"] = (new Lazy<int>(3), false),
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Resolve_AnyType_IsRefusedOrItsValuesComeBack(string name, bool taken)
    {
        object value = s_values[name].Value;

        Assert.Equal(taken, ComesBack(s_default, value));
        Assert.All(s_others, other => ComesBack(other, value));
    }

    [Fact]
    public void Resolve_FieldsIncludedByTheUser_ComeBack()
    {
        Assert.True(ComesBack(s_withFields, (1, "a")));
        Assert.True(ComesBack(s_withFields, new Vector3(1, 2, 3)));
        Assert.True(ComesBack(s_withFields, new PublicFields { X = 1, Y = 2 }));
        Assert.True(ComesBack(s_withFields, new List<(int, int)> { (1, 2) }));
    }

    [Fact]
    public void Resolve_AbstractTypes_NeedTheirTypesDeclared()
    {
        Assert.Equal(new Circle(5), s_default.Resolve<Known>().RoundTrip(new Circle(5)));
        Refused<Shape>("Shape is the abstract type Shape", "[JsonDerivedType(");
        Refused<IList>("object");
        Refused<IComparable>("abstract type IComparable");
        Refused<Undiscriminated>("Blind without a discriminator");
    }

    [Fact]
    public void Resolve_Refused_SaysWhatIsLostAndWhatToDo()
    {
        Refused<(int, string)>(
            "(int, string) does not come back", "public field, Item1", "CommitLogOptions.JsonSerializerOptions");
        Refused<(int, int)?>("(int, int)? does not come back");
        Refused<WithPublicFields>("WithPublicFields.Place has a public field, X");
        Refused<BigInteger>("reading JSON sets nothing of BigInteger", "serializer of your own");
        Refused<object>("object is an object", "Name the type");
        Refused<WithObject>("WithObject.Extra is an object");
        Refused<GetOnlyList>("GetOnlyList.Numbers is a collection that JSON cannot set");
        Refused<PrivateSetter>("PrivateSetter.Number has a setter that JSON cannot call");
        Refused<Page>("and not Total");
        Refused<int[,]>("int[,] cannot be read");
    }

    [Fact]
    public void Json_TypeThatDoesNotComeBack_IsRefused()
    {
        var type = (JsonTypeInfo<Vector3>)
            JsonSerializerOptions.Default.GetTypeInfo(typeof(Vector3));

        var failure = Assert.Throws<ArgumentException>("type", () => Serdes.Json(type));

        Assert.Contains("public field, X", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"number":7,"text":"a"}""")]
    [InlineData("""{"NUMBER":7,"Text":"a","added":{"later":[1]}}""")]
    [InlineData("""{"added":{"number":1},"\u006eumber":7,"text":"a"}""")]
    public void Deserialize_JsonOfOthers_IsRead(string json) =>
        Assert.Equal(new Settable { Number = 7, Text = "a" }, Read<Settable>(s_default, json));

    [Theory]
    [InlineData("""{"the_number":7,"the_text":"a"}""")]
    [InlineData("""{"Other":{"Number":7}}""")]
    public void Deserialize_JsonOfAnotherType_IsAnErrorAndNoObjectOfDefaults(string json)
    {
        var failure = Assert.Throws<JsonException>(() => Read<Settable>(s_default, json));
        Assert.Contains("no member of Settable, which has 'Number', 'Text'", failure.Message, StringComparison.Ordinal);

        Assert.Throws<JsonException>(() => Read<Point?>(s_default, json));
        Assert.Throws<JsonException>(() => Read<PageView>(s_default, json));
        Assert.Throws<JsonException>(() => Read<Settable>(s_withFields, json));
    }

    [Fact]
    public void Deserialize_JsonOfAnotherTypeAtAnyDepth_IsAnErrorAndNoObjectOfDefaults()
    {
        Fails<List<Settable>>("""[{"number":1},{"other":1}]""");
        Fails<Settable[][]>("""[[],[{"number":1}],[{"other":{"number":1}}]]""");
        Fails<Dictionary<string, Settable>>("""{"number":{"text":"a"},"b":{"other":[1]}}""");
        Fails<Holder>("""{"order":{"other":1}}""");
        Fails<Holder>("""{"number":1,"more":[{"order":null},{"number":1,"order":{"number":1}},{"other":{}}]}""");
        Fails<Pet>("""{"other":1}""");
        Fails<List<Pet>>("""[{"$type":"cat","lives":1},{"name":"a"},{"other":1}]""");

        static void Fails<T>(string json)
        {
            var failure = Assert.Throws<JsonException>(() => Read<T>(s_default, json));
            Assert.Contains("The JSON has 'other' and no member of ", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Deserialize_JsonOfOthersAtAnyDepth_IsRead()
    {
        Assert.Equal([7, 8], Read<List<Settable>>(s_default, """[{"number":7},{"new":{},"NUMBER":8}]""")
            .Select(each => each.Number));
        Assert.Equal(
            8, Read<Dictionary<string, Settable>>(s_default, """{"a":{"text":""},"b":{"number":8}}""")["b"].Number);
        Holder holder = Read<Holder>(
            s_default, """{"new":[{"other":1}],"Order":{"number":7},"more":[{},{"order":{"text":"a","new":[]}}]}""");
        Assert.Equal((7, "a"), (holder.Order!.Number, holder.More![1].Order!.Text));
        Assert.IsType<Cat>(Read<Pet>(s_default, """{"$type":"cat","new":1}"""));
        Assert.Equal("a", Read<Pet>(s_default, """{"name":"a","other":1}""").Name);
    }

    [Fact]
    public void Deserialize_CamelCaseWhereCaseCounts_IsAnErrorAndNoObjectOfDefaults()
    {
        SerdeResolver strict = new([], new JsonSerializerOptions(), reflection: true);

        Assert.Throws<JsonException>(() => Read<Settable>(strict, """{"number":7}"""));
        Assert.Equal(7, Read<Settable>(strict, """{"Number":7}""").Number);
    }

    [Fact]
    public void Deserialize_RequiredMissingOrNullNotAdmitted_IsAnError()
    {
        Assert.Throws<JsonException>(() => Read<PageView>(s_default, """{"Status":1}"""));
        Assert.Throws<JsonException>(() => Read<PageView>(s_default, """{"Path":null}"""));
        Assert.Equal(new PageView("/"), Read<PageView>(s_default, """{"path":"/"}"""));
        Assert.Throws<JsonException>(() => s_default.Resolve<PageView>().ToBytes(new PageView(null!)));
        Assert.Equal(new Settable(), Read<Settable>(s_default, "{}"));
    }

    [Fact]
    public void Deserialize_ByAContext_ReadsAndRefusesTheSame()
    {
        SerdeResolver trimmed = new([ShapesContext.Default], options: null, reflection: false);

        Assert.Equal(new PageView("/", 3), Read<PageView>(trimmed, """{"path":"/","status":3}"""));
        Assert.Throws<JsonException>(() => Read<PageView>(trimmed, """{"Status":1}"""));
        Assert.Throws<JsonException>(() => Read<PageView>(trimmed, """{"Path":null}"""));
    }

    [Fact]
    public async Task Options_OfTheUser_AreCopiedAndUsed()
    {
        using TempDirectory root = new();
        JsonSerializerOptions json =
            new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, IncludeFields = true };
        await using CommitLog log =
            await CommitLog.OpenAsync(root.Path, new CommitLogOptions { JsonSerializerOptions = json });
        json.PropertyNamingPolicy = null;
        await log.CreateTopicAsync("t");
        await using Producer<string, (int Number, Settable Other)> producer =
            log.CreateProducer<string, (int Number, Settable Other)>("t");
        await producer.ProduceAsync("k", (7, new Settable { Number = 8 }));

        using (PartitionScan scan = log.GetTopic("t")[0].Scan(0))
        {
            Assert.True(scan.TryRead(out RecordView stored));
            Assert.Equal(
                """{"item1":7,"item2":{"number":8,"text":null}}""", Encoding.UTF8.GetString(stored.Value));
        }

        await using Consumer<string, (int Number, Settable Other)> consumer =
            log.CreateConsumer<string, (int Number, Settable Other)>("t");
        Assert.Equal((7, new Settable { Number = 8 }), Assert.Single(await consumer.TakeAsync(1)).Value);
    }

    [Fact]
    public async Task Create_TypeThatDoesNotComeBack_IsRefusedThere()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root.Path);
        await log.CreateTopicAsync("t");

        Assert.Throws<InvalidOperationException>(() => log.CreateProducer<(int, int), string>("t"));
        Assert.Throws<InvalidOperationException>(() => log.CreateProducer<string, Vector3>("t"));
        Assert.Throws<InvalidOperationException>(() => log.CreateConsumer<string, BigInteger>("t", "g"));
        await using Consumer<string, int> free = log.CreateConsumer<string, int>("t", "g");
    }

    private static void Refused<T>(params string[] says)
    {
        var failure = Assert.Throws<InvalidOperationException>(() => s_default.Resolve<T>());
        Assert.All(says, each => Assert.Contains(each, failure.Message, StringComparison.Ordinal));
    }

    private static SerdeResolver ByOptions(JsonSerializerOptions options) => new([], options, reflection: true);

    private static T Read<T>(SerdeResolver resolver, string json) =>
        resolver.Resolve<T>().FromBytes(Encoding.UTF8.GetBytes(json));

    /// <summary>Whether the type is taken; if so, the value must come back.</summary>
    private static bool ComesBack(SerdeResolver resolver, object value) =>
        (bool)typeof(JsonRoundTripTests)
            .GetMethod(nameof(ComesBackAs), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(value.GetType())
            .Invoke(null, [resolver, value])!;

    private static bool ComesBackAs<T>(SerdeResolver resolver, T value)
    {
        ISerde<T> serde;
        try
        {
            serde = resolver.Resolve<T>();
        }
        catch (InvalidOperationException)
        {
            return false;
        }

        byte[] bytes = serde.ToBytes(value);
        T back = serde.FromBytes(bytes);

        // Collections have no equality of their own.
        Assert.Equal(bytes, serde.ToBytes(back));
        Assert.Equal<object>(Comparable(value), Comparable(back));
        return true;

        static object Comparable(T value) => value is Nested or Tree ? JsonSerializer.Serialize(value) : value!;
    }
}
