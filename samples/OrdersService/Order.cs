namespace OrdersService;

/// <summary>An order. Its id is chosen by the customer, who sends the same one again if no answer comes.</summary>
internal sealed record Order(string Id, string Customer, decimal Amount);
