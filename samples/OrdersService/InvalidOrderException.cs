namespace OrdersService;

/// <summary>An order that no other attempt would make right.</summary>
internal sealed class InvalidOrderException(string message) : Exception(message);
