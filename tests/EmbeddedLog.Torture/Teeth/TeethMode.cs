namespace EmbeddedLog.Torture.Teeth;

/// <summary>
/// Takes out one protection of the library at a time and plays the crash mode's programs until one of them fails. If
/// none fails, that is a violation: the protection is not needed or not tested.
/// </summary>
internal sealed class TeethMode : ITortureMode
{
    public string Name => "teeth";

    public string Description => "Takes out one protection at a time and shows that the torture notices (Debug build).";

    public string Unit => "states";

    public long DefaultCount => 200_000;

#if SWITCHABLE_PROTECTIONS
    public Task RunAsync(TortureRun run) => new TeethRun(run).RunAsync();
#else
    public Task RunAsync(TortureRun run) => throw new TortureSkippedException(
        "protections can be taken out in a Debug build alone, as in: "
        + "dotnet run -c Debug --project tests/EmbeddedLog.Torture -- teeth");
#endif
}
