using System.Text;
using EmbeddedLog.Partitioning;

namespace EmbeddedLog.Tests.Partitioning;

public sealed class Murmur2Tests
{
    // From UtilsTest.testMurmur2 of Apache Kafka.
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Hash_KafkasVectors_AreKafkasHashes(string key, int expected) =>
        Assert.Equal(expected, Murmur2.Hash(Encoding.UTF8.GetBytes(key)));

    // The first three hashes are negative: their sign is dropped, which is not the absolute value.
    [Theory]
    [InlineData("21", 10, 0)]
    [InlineData("foobar", 10, 6)]
    [InlineData("a-little-bit-long-string", 7, 1)]
    [InlineData("abc", 1, 0)]
    public void Partition_Key_DropsTheSignAndTakesTheRemainder(string key, int count, int expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(key);

        Assert.Equal(expected, Murmur2.Partition(bytes, count));
        Assert.Equal((Murmur2.Hash(bytes) & 0x7fffffff) % count, Murmur2.Partition(bytes, count));
    }

    [Fact]
    public void Hash_AnyBytes_MatchesAPlainTranscription()
    {
        var random = new Random(1);
        for (int length = 0; length < 64; length++)
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            Assert.Equal(Plain(data), Murmur2.Hash(data));
        }
    }

    /// <summary>The algorithm by index, as its publication has it, against which the span version is held.</summary>
    private static int Plain(byte[] data)
    {
        const int m = 0x5bd1e995;
        unchecked
        {
            int h = (int)0x9747b28c ^ data.Length;
            int i = 0;
            for (; i + 4 <= data.Length; i += 4)
            {
                int k = data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24);
                k *= m;
                k ^= k >>> 24;
                k *= m;
                h = (h * m) ^ k;
            }

            int rest = data.Length - i;
            for (int j = rest - 1; j >= 0; j--)
            {
                h ^= data[i + j] << (8 * j);
            }

            h = rest > 0 ? h * m : h;
            h = (h ^ (h >>> 13)) * m;
            return h ^ (h >>> 15);
        }
    }
}
