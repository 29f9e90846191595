using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Partitions.Reading;

/// <summary>The compiler refuses code in which a record or its bytes outlive the scan that read them.</summary>
public sealed class RecordViewLifetimeTests
{
    [Fact]
    public void Use_WithinTheScan_Compiles() => Assert.Empty(Snippet.Errors(
        """
        static long Sum(OwnedPartition partition)
        {
            using PartitionScan scan = partition.Scan(0);
            long sum = 0;
            while (scan.TryRead(out RecordView record))
            {
                System.ReadOnlySpan<byte> value = record.Value;
                sum += value.Length;
            }

            return sum;
        }
        """));

    [Theory]
    [InlineData("RecordView", "return record;")]
    [InlineData("System.ReadOnlySpan<byte>", "return record.Value;")]
    [InlineData("System.ReadOnlySpan<byte>", "return record.Key;")]
    [InlineData("HeadersView", "return record.Headers;")]
    public void Return_OutOfTheScan_IsRefused(string type, string statement)
    {
        string[] errors = Snippet.Errors(
            $$"""
            static {{type}} First(OwnedPartition partition)
            {
                using PartitionScan scan = partition.Scan(0);
                scan.TryRead(out RecordView record);
                {{statement}}
            }
            """);
        Assert.Equal(["CS8352"], errors);
    }

    [Fact]
    public void Assign_ToWhatOutlivesTheScan_IsRefused() => Assert.Equal(["CS8352"], Snippet.Errors(
        """
        static long Last(OwnedPartition partition, System.ReadOnlySpan<byte> kept)
        {
            using (PartitionScan scan = partition.Scan(0))
            {
                scan.TryRead(out RecordView record);
                kept = record.Value;
            }

            return kept.Length;
        }
        """));

    [Fact]
    public void Await_WithARecordInHand_IsRefused() => Assert.NotEmpty(Snippet.Errors(
        """
        static async System.Threading.Tasks.Task<int> Wait(OwnedPartition partition)
        {
            using PartitionScan scan = partition.Scan(0);
            scan.TryRead(out RecordView record);
            await System.Threading.Tasks.Task.Yield();
            return record.Value.Length;
        }
        """));
}
