namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>
/// Tests that look at the whole process, such as what it has allocated. They run while no other test does: what those
/// do would count as well.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
