namespace OrdersService;

/// <summary>A bill, with the trace of the request that has brought its order.</summary>
internal sealed record Bill(string OrderId, string Customer, decimal Amount, string? TraceId);
