namespace OrdersService;

/// <summary>The answer to an order: where it is in the log.</summary>
internal sealed record Accepted(int Partition, long Offset);
