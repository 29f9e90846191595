using System.Globalization;
using FsCheck;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>
/// How many inputs a law is tried with, and which: EMBEDDEDLOG_LAW_TIMES=20 tries twenty times as many, and
/// EMBEDDEDLOG_LAW_SEED=7 the same ones each time. Without a seed they are others in each run, and a failure tells it.
/// </summary>
internal static class LawRuns
{
    private const string TimesVariable = "EMBEDDEDLOG_LAW_TIMES";
    private const string SeedVariable = "EMBEDDEDLOG_LAW_SEED";

    /// <summary>How a law is tried.</summary>
    /// <param name="usual">With how many inputs, unless the machine is told otherwise.</param>
    public static Config Of(int usual)
    {
        Config config = Config.QuickThrowOnFailure.WithMaxTest(usual * (int)(Number(TimesVariable) ?? 1));
        return Number(SeedVariable) is { } seed
            ? config.WithReplay(new Replay(new Rnd(seed), size: null))
            : config;
    }

    private static ulong? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? ulong.Parse(text, CultureInfo.InvariantCulture)
            : null;
}
