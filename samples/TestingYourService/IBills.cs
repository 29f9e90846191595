namespace TestingYourService;

/// <summary>The bills, in a system of their own: slow at times, and down at times.</summary>
public interface IBills
{
    /// <summary>Writes a bill. False if the order has one: its number is unique there.</summary>
    Task<bool> TryAddAsync(Order order, CancellationToken cancellationToken);

    /// <summary>Writes a bill, whether the order has one or not.</summary>
    Task AddAsync(Order order, CancellationToken cancellationToken);

    /// <summary>The numbers of the orders that have a bill.</summary>
    IReadOnlyCollection<int> ListOrders();
}
