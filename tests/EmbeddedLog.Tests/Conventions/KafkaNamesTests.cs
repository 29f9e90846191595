using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>
/// Programs that move to Kafka use this library and Confluent.Kafka in one file. A name that both have is kept only
/// where it means the same; KAFKA.md lists those names, and says how to use both.
/// </summary>
public sealed partial class KafkaNamesTests
{
    /// <summary>The names that both have, and that mean the same.</summary>
    private static readonly string[] s_shared =
    [
        "Header", "Headers", "IConsumer", "IDeserializer", "IProducer", "ISerializer", "SerializationContext",
        "TimestampType", "TopicPartition", "TopicPartitionOffset",
    ];

    /// <summary>The public types of the namespace Confluent.Kafka, as of July 2026.</summary>
    private static readonly string[] s_kafkas =
    [
        "Acks", "AdminClientBuilder", "AdminClientConfig", "AutoOffsetReset", "BrokerAddressFamily",
        "BrokerMetadata", "ClientConfig", "ClientDnsLookup", "ClientExtensions", "CommittedOffsets",
        "CompressionType", "Config", "ConfigPropertyNames", "ConsumeException", "ConsumeResult", "ConsumerBuilder",
        "ConsumerConfig", "ConsumerGroupState", "ConsumerGroupTopicPartitionOffsets", "ConsumerGroupTopicPartitions",
        "ConsumerGroupType", "DeliveryReport", "DeliveryResult", "DependentAdminClientBuilder",
        "DependentProducerBuilder", "Deserializers", "ElectionType", "Error", "ErrorCode", "ErrorCodeExtensions",
        "GroupInfo", "GroupMemberInfo", "GroupProtocol", "Handle", "Header", "Headers", "IAdminClient",
        "IAdminClientExtensions", "IAsyncDeserializer", "IAsyncSerializer", "IClient", "IConsumer",
        "IConsumerExtensions", "IConsumerGroupMetadata", "IDeserializer", "IHeader", "IProducer", "ISerializer",
        "Ignore", "IsolationLevel", "KafkaException", "KafkaRetriableException", "KafkaTxnRequiresAbortException",
        "Library", "LogLevelType", "LogMessage", "Loggers", "Message", "MessageComponentType", "MessageMetadata",
        "MessageNullException", "Metadata", "MetadataRecoveryStrategy", "Node", "Null", "Offset", "Partition",
        "PartitionAssignmentStrategy", "PartitionMetadata", "Partitioner", "PersistenceStatus", "ProduceException",
        "ProducerBuilder", "ProducerConfig", "SaslMechanism", "SaslOauthbearerAssertionAlgorithm",
        "SaslOauthbearerGrantType", "SaslOauthbearerMetadataAuthenticationType", "SaslOauthbearerMethod",
        "SecurityProtocol", "SerializationContext", "Serializers", "SslEndpointIdentificationAlgorithm",
        "SyslogLevel", "Timestamp", "TimestampType", "TopicCollection", "TopicMetadata", "TopicPartition",
        "TopicPartitionError", "TopicPartitionException", "TopicPartitionInfo", "TopicPartitionOffset",
        "TopicPartitionOffsetError", "TopicPartitionOffsetException", "TopicPartitionTimestamp", "Uuid",
        "WatermarkOffsets",
    ];

    [Fact]
    public void PublicNames_ThatKafkasClientHasToo_AreThoseThatMeanTheSame() =>
        Assert.Equal(s_shared, OwnNames().Intersect(s_kafkas).Order(StringComparer.Ordinal));

    [Fact]
    public void KafkaPage_ListsTheNamesThatMeanTheSame() =>
        Assert.Equal(
            s_shared,
            from Match row in Row().Matches(File.ReadAllText(RepositoryRoot.Locate("src", "EmbeddedLog", "KAFKA.md")))
            from Match name in Quoted().Matches(row.Groups[1].Value)
            select name.Groups[1].Value);

    private static IEnumerable<string> OwnNames() =>
        typeof(CommitLog).Assembly.GetExportedTypes().Select(type => type.Name.Split('`')[0]).Distinct();

    /// <summary>The first column of the table of shared names.</summary>
    [GeneratedRegex(@"^\| (`[^|]+) \| the same", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex Quoted();
}
