using System.Text;
using System.Text.Json;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Tests.Topics;

public sealed class TopicDescriptorTests
{
    [Fact]
    public void FromJson_WhatToJsonGave_SaysTheSame()
    {
        TopicDescriptor descriptor = Some();

        TopicDescriptor read = TopicDescriptor.FromJson(descriptor.ToJson());

        Assert.Equal("0f0f0f0f0f0f0f0f", read.Uid);
        Assert.Equal(3, read.ToOptions().Partitions);
        Assert.Equal(descriptor.Checksum, read.Checksum);
    }

    /// <summary>A log may be made on one system and opened on another.</summary>
    [Fact]
    public void ToJson_OnAnySystem_GivesTheSameBytes()
    {
        string json = Encoding.UTF8.GetString(Some().ToJson());

        Assert.StartsWith("{\n  \"format.version\": 1,\n  \"name\": \"topic\",\n", json, StringComparison.Ordinal);
        Assert.EndsWith(",\n  \"crc32c\": \"71222c00\"\n}", json, StringComparison.Ordinal);
    }

    [Fact]
    public void FromJson_AnyBitFlipped_ThrowsOrGivesTheSame()
    {
        byte[] json = Some().ToJson();
        string same = Essence(TopicDescriptor.FromJson(json));
        int told = 0;
        for (int bit = 0; bit < 8 * json.Length; bit++)
        {
            byte[] harmed = [.. json];
            harmed[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                TopicDescriptor read = TopicDescriptor.FromJson(harmed);
                Assert.True(
                    read.FormatVersion > TopicDescriptor.CurrentVersion || Essence(read) == same,
                    $"Bit {bit} changed it: {Encoding.UTF8.GetString(harmed)}");
            }
            catch (JsonException)
            {
                told++;
            }
        }

        Assert.True(told > 2 * json.Length, $"Only {told} of {8 * json.Length} were told.");
    }

    [Fact]
    public void FromJson_WithoutChecksum_IsRefused()
    {
        string json = Encoding.UTF8.GetString(Some().ToJson());
        int last = json.LastIndexOf(',');

        JsonException refused = Assert.Throws<JsonException>(
            () => TopicDescriptor.FromJson(Encoding.UTF8.GetBytes(json[..last] + "}")));

        Assert.Contains("crc32c is missing", refused.Message, StringComparison.Ordinal);
    }

    private static TopicDescriptor Some() =>
        TopicDescriptor.From("topic", "0f0f0f0f0f0f0f0f", new TopicOptions { Partitions = 3 });

    /// <summary>All that it says, but for the checksum.</summary>
    private static string Essence(TopicDescriptor descriptor)
    {
        string? checksum = descriptor.Checksum;
        descriptor.Checksum = null;
        string text = JsonSerializer.Serialize(descriptor, TopicJsonContext.Default.TopicDescriptor);
        descriptor.Checksum = checksum;
        return text;
    }
}
