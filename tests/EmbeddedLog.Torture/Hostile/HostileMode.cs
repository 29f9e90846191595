using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Hostile;

/// <summary>
/// Forges files of a log and corrects each checksum, to reach the parsers behind the checksums. A separate process then
/// opens, reads, follows and appends, on real files and real memory. Each case must end in success or in an exception
/// of the library: no other exception, no death, no hang, no allocation without bound, nothing left open.
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
