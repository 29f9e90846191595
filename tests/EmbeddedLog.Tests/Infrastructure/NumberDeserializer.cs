using System.Globalization;
using System.Text;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Reads what <see cref="TopicFixture.Append"/> wrote, counting, and fails where it is told to.</summary>
internal sealed class NumberDeserializer : IDeserializer<int>
{
    /// <summary>The number that cannot be read.</summary>
    public int? Bad { get; set; }

    /// <summary>Called with each number.</summary>
    public Action<int>? Reading { get; set; }

    public int Calls { get; private set; }

    public int Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        Calls++;
        int number = int.Parse(Encoding.UTF8.GetString(data), CultureInfo.InvariantCulture);
        Reading?.Invoke(number);
        return number == Bad ? throw new FormatException($"Number {number} is bad") : number;
    }
}
