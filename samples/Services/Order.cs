namespace Services;

/// <summary>The value of the records, written as JSON.</summary>
/// <param name="Number">Counts the orders, from 1.</param>
internal sealed record Order(long Number);
