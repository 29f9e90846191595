using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Compiles code of a user of the library, to show what the compiler refuses.</summary>
internal static class Snippet
{
    private static readonly MetadataReference[] s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
        MetadataReference.CreateFromFile(typeof(TopicPartition).Assembly.Location),
    ];

    /// <summary>The errors of a static method, each once; none where it compiles.</summary>
    public static string[] Errors(string method)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Snippet",
            [
                CSharpSyntaxTree.ParseText(
                    $"using EmbeddedLog;\ninternal static class Snippet\n{{\n{method}\n}}",
                    new CSharpParseOptions(LanguageVersion.Latest)),
            ],
            s_references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        return
        [
            .. compilation.Emit(Stream.Null).Diagnostics
                .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
                .Select(diagnostic => diagnostic.Id)
                .Distinct(),
        ];
    }
}
