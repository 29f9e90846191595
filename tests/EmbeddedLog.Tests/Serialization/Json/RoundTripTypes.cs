using System.Text.Json.Serialization;

namespace EmbeddedLog.Tests.Serialization.Json;

/// <summary>Types of each shape that the serializer treats in a way of its own.</summary>
internal static class RoundTripTypes
{
    internal sealed record Empty;

    internal sealed record Nested(Settable Inner, List<Point> Points, Dictionary<string, Point> ByName);

    internal sealed record Constant(int Number)
    {
        public string Kind { get; } = "constant";

        public bool IsLarge => Number > 100;
    }

    internal sealed record Settable
    {
        public int Number { get; set; }

        public string? Text { get; init; }
    }

    internal sealed record Holder
    {
        public int Number { get; set; }

        public Settable? Order { get; set; }

        public List<Holder>? More { get; set; }
    }

    [JsonDerivedType(typeof(Cat), "cat")]
    internal record Pet
    {
        public string? Name { get; set; }
    }

    internal sealed record Cat : Pet
    {
        public int Lives { get; set; }
    }

    internal struct PublicFields : IEquatable<PublicFields>
    {
        public int X;
        public int Y;

        public readonly bool Equals(PublicFields other) => X == other.X && Y == other.Y;

        public override readonly bool Equals(object? obj) => obj is PublicFields other && Equals(other);

        public override readonly int GetHashCode() => X + Y;
    }

    internal readonly struct ReadOnlyField(int x)
    {
        public readonly int X = x;
    }

    internal struct PrivateField(int number)
    {
        private readonly int _number = number;

        public override readonly string ToString() => $"{_number}";
    }

    internal sealed record IgnoredField
    {
        [JsonIgnore]
        public int Cache = 5;

        public int Number { get; set; }

        public bool Equals(IgnoredField? other) => other?.Number == Number;

        public override int GetHashCode() => Number;
    }

    internal sealed class GetOnly
    {
        public GetOnly()
        {
        }

        public GetOnly(int number) => Number = number;

        public int Number { get; }
    }

    internal sealed record PrivateSetter
    {
        public string Name { get; set; } = "";

        public int Number { get; private set; }

        public static PrivateSetter Of(int number) => new() { Number = number };
    }

    internal sealed record GetOnlyList
    {
        public string Name { get; set; } = "";

        public List<int> Numbers { get; } = [];
    }

    internal sealed record WithObject(int Number, object Extra);

    internal sealed record WithPublicFields(PublicFields Place);

    internal abstract record Shape;

    [JsonDerivedType(typeof(Circle), "circle")]
    internal abstract record Known;

    internal sealed record Circle(int Radius) : Known;

    [JsonDerivedType(typeof(Blind))]
    internal abstract record Undiscriminated;

    internal sealed record Blind(int Number) : Undiscriminated;

    internal sealed class NoWayIn
    {
        private NoWayIn()
        {
        }

        public int Number { get; set; }

        public static NoWayIn Of(int number) => new() { Number = number };
    }

    internal sealed class Page : List<int>
    {
        public int Total { get; set; }
    }

    internal sealed record LeftOut(
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Number, string? Text);

    internal sealed record Tree(int Number, List<Tree> Children);
}
