namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Symbolic links, for which Windows wants a right, and which Wine makes but does not show as such.</summary>
internal static class Links
{
    /// <summary>Whether a link can be made here and is shown as one.</summary>
    public static bool CanBeMade { get; } = Try();

    private static bool Try()
    {
        using TempDirectory root = new();
        try
        {
            Directory.CreateSymbolicLink(root["link"], Path.GetTempPath());
            return new FileInfo(root["link"]).LinkTarget is not null;
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
