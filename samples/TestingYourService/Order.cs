namespace TestingYourService;

/// <summary>What a customer has bought.</summary>
public sealed record Order(int Id, string Customer);
