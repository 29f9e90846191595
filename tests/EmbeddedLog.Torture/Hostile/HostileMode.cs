using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Hostile;

/// <summary>
/// Forges files of a log, each checksum corrected afterwards, so that the parsers behind the checksums are reached;
/// then opens, reads, follows and appends, in a process of its own, on real files and real memory. It must end in
/// success or in an exception of the library: no other exception, no death, no hang, no allocation without bound,
/// nothing left open.
/// </summary>
internal sealed class HostileMode : ITortureMode
{
    public string Name => "hostile";

    public string Description => "Forged files with correct checksums, opened, read and followed on real memory.";

    public string Unit => "directories";

    public long DefaultCount => 5_000;

    public async Task RunAsync(TortureRun run)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new TortureSkippedException("It looks for what is left open in /proc, which is for Linux.");
        }

        using ScratchDirectory scratch = new(Name, inMemory: true);
        using HostileProcess process = new(scratch.Path);
        while (run.TryNext(out int seed))
        {
            string answer = await process.PlayAsync(seed, run.Stop);
            if (answer.StartsWith(HostileChild.Violated, StringComparison.Ordinal))
            {
                run.Violation(seed, answer[HostileChild.Violated.Length..].Replace('\t', '\n'));
            }
            else
            {
                run.Add(answer, 1);
            }
        }
    }
}
