using System.Collections;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace EmbeddedLog.Comparison.Paired;

/// <summary>
/// A build of this program, loaded beside others: it measures the log in its folder. It is used by reflection, because
/// its types differ from those of the build that loads it.
/// </summary>
internal sealed class ComparisonBuild
{
    private const BindingFlags Any =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly Dictionary<string, object> _contenders = [];
    private readonly object _full;
    private readonly object _warmUp;

    /// <summary>Loads the build.</summary>
    /// <param name="directory">The folder of its assemblies.</param>
    /// <param name="amounts">The amounts of a measurement: properties of <see cref="Scale"/>.</param>
    public ComparisonBuild(string directory, IReadOnlyDictionary<string, int> amounts)
    {
        string path = Path.GetFullPath(Path.Combine(directory, "EmbeddedLog.Comparison.dll"));
        OwnContext context = new(path, new AssemblyDependencyResolver(path));
        Assembly assembly = context.LoadFromAssemblyPath(path);
        Type scale = Find(assembly, nameof(Scale));
        _full = scale.GetProperty(nameof(Scale.Quick), Any)!.GetValue(null)!;
        _warmUp = scale.GetProperty(nameof(Scale.WarmUp), Any)!.GetValue(null)!;
        foreach ((string name, int amount) in amounts)
        {
            scale.GetProperty(name, Any)!.SetValue(_full, amount);
        }

        var all = (IEnumerable)Find(assembly, nameof(Contenders)).GetProperty(nameof(Contenders.All), Any)!
            .GetValue(null)!;
        foreach (object one in all)
        {
            if (Get<bool>(one, nameof(Contender.IsSupported))
                && Get<IReadOnlyList<string>>(one, nameof(Contender.Owners)).Contains(Systems.EmbeddedLog))
            {
                _contenders.Add(Get<IReadOnlyList<string>>(one, nameof(Contender.Workloads))[0], one);
            }
        }
    }

    /// <summary>The contenders of the build, by the names of their first workloads.</summary>
    public IEnumerable<string> Measurable => _contenders.Keys;

    /// <summary>The log's workloads of a contender, each with its place among the figures.</summary>
    public IEnumerable<(int Index, string Workload)> WorkloadsOf(string contender)
    {
        object one = _contenders[contender];
        return Get<IReadOnlyList<string>>(one, nameof(Contender.Owners)).Index()
            .Where(owner => owner.Item == Systems.EmbeddedLog)
            .Select(owner => (owner.Index, Get<IReadOnlyList<string>>(one, nameof(Contender.Workloads))[owner.Index]));
    }

    /// <summary>Measures once, in an empty directory that is removed afterwards.</summary>
    public async Task<double[]> MeasureAsync(string contender, bool warmUp, string directory)
    {
        string scratch = Path.Combine(directory, Path.GetRandomFileName());
        Directory.CreateDirectory(scratch);
        try
        {
            GC.Collect();
            Posix.SyncFileSystem(scratch);
            Posix.TouchFreeMemory(Scale.PageCacheOf(Get<int>(_full, nameof(Scale.Appends))));
            object one = _contenders[contender];
            MethodInfo measure = one.GetType().GetMethod(nameof(Contender.MeasureAsync))!;
            return await (Task<double[]>)measure.Invoke(one, [warmUp ? _warmUp : _full, scratch])!;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static Type Find(Assembly assembly, string name) =>
        assembly.GetType($"{nameof(EmbeddedLog)}.{nameof(Comparison)}.{name}", throwOnError: true)!;

    private static T Get<T>(object of, string property) => (T)of.GetType().GetProperty(property, Any)!.GetValue(of)!;

    /// <summary>Loads every assembly of the build's folder from there; those of the framework are shared.</summary>
    private sealed class OwnContext(string path, AssemblyDependencyResolver resolver) : AssemblyLoadContext(path)
    {
        protected override Assembly? Load(AssemblyName assemblyName) =>
            resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;

        protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
            resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } found ? NativeLibrary.Load(found) : 0;
    }
}
