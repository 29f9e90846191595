using EmbeddedLog.Validation;

namespace EmbeddedLog.Tests.Validation;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("page-veiws", "page-views")]
    [InlineData("Page-Views", "page-views")]
    [InlineData("pageviews", "page-views")]
    [InlineData("page-view", "page-views")]
    [InlineData("order", "orders")]
    [InlineData("a", "b")]
    [InlineData("invoices", null)]
    public void Of_AName_IsTheOneThatWasMeant(string name, string? expected) =>
        Assert.Equal(expected, NearestName.Of(name, ["orders", "page-views", "b"]));

    [Theory]
    [InlineData("ordres", "orders")]
    [InlineData("Ordres", "Orders")]
    public void Of_NamesThatDifferInCaseAlone_IsTheOneInItsCase(string name, string expected)
    {
        Assert.Equal(expected, NearestName.Of(name, ["Orders", "orders"]));
        Assert.Equal(expected, NearestName.Of(name, ["orders", "Orders"]));
    }
}
