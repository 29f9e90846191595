namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Finds the source tree that the tests were built from, for tests about the sources themselves.</summary>
internal static class RepositoryRoot
{
    private static readonly Lazy<string> s_path = new(Find);

    /// <summary>The full path of a file or folder.</summary>
    public static string Locate(params string[] parts) => Path.Combine([s_path.Value, .. parts]);

    /// <summary>All C# files below a folder that are sources, as paths relative to it with forward slashes.</summary>
    public static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal);

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "EmbeddedLog.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException(
            $"No EmbeddedLog.sln above {AppContext.BaseDirectory}: run the tests from their own source tree.");
    }
}
