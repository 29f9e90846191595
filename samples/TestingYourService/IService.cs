namespace TestingYourService;

/// <summary>Bills each order, once, and those of a customer in their order.</summary>
public interface IService
{
    /// <summary>Runs until it is stopped.</summary>
    Task RunAsync(CancellationToken stop);
}
