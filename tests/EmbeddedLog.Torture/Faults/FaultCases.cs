using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;

namespace EmbeddedLog.Torture.Faults;

/// <summary>
/// All cases of one workload, numbered from the first on: each of its calls fails with each error, once and for good.
/// In turn the page cache survives or the power is lost.
/// </summary>
internal sealed class FaultCases
{
    /// <summary>The number of the first case with a short life.</summary>
    public const int FirstShort = 1;

    /// <summary>The number of the first case with a long life.</summary>
    public const int FirstLong = 10_000_001;

    private static readonly FileSystemError[] s_errors =
    [
        FileSystemError.DeviceFailure, FileSystemError.NoSpace, FileSystemError.QuotaExceeded,
        FileSystemError.ReadOnly, FileSystemError.TooManyFiles, FileSystemError.AccessDenied,
    ];

    /// <summary>The cases of one kind of call: the number of the first and what they have in common.</summary>
    private readonly List<(long First, FaultCase Common)> _kinds = [];

    private FaultCases(int first) => Last = first - 1;

    /// <summary>The number of the last case.</summary>
    public long Last { get; private set; }

    /// <summary>The number of ways in which each call fails.</summary>
    private static int Variants => 2 * s_errors.Length;

    /// <summary>Counts the calls of a case's workload by playing it without a fault.</summary>
    public static FaultCases CountFor(int number)
    {
        bool isLong = number >= FirstLong;
        FaultLifeSize size = isLong ? FaultLifeSize.Long : FaultLifeSize.Short;
        FaultCases cases = new(isLong ? FirstLong : FirstShort);
        cases.Add(isLong ? "long" : "short", size, positional: false);
        cases.Add(isLong ? "long" : "short", size, positional: true);
        return cases;
    }

    /// <summary>The case with a number.</summary>
    public FaultCase Get(long number)
    {
        (long first, FaultCase common) = _kinds.FindLast(kind => kind.First <= number);
        (long call, long variant) = Math.DivRem(number - first, Variants);
        Fault fault = common.Fault with
        {
            Call = call + 1,
            Error = s_errors[variant / 2],
            Lasts = variant % 2 == 1,
        };

        // Alternates over the errors of a call and over the calls of an error.
        return common with { Fault = fault, LosesPower = (call + (variant / 2) + variant) % 2 == 1 };
    }

    public override string ToString() => string.Join(
        ", ",
        _kinds.Zip(_kinds.Skip(1).Select(next => next.First).Append(Last + 1), (kind, end) =>
            $"{(kind.Common.Positional ? "positional" : "mapped")} {kind.Common.Fault.Kind} "
            + $"{(end - kind.First) / Variants}"));

    private void Add(string workload, FaultLifeSize size, bool positional)
    {
        foreach ((FaultKind kind, long calls) in FaultLife.Count(size, positional))
        {
            if (calls > 0)
            {
                Fault any = new(kind, 1, FileSystemError.Other);
                _kinds.Add((Last + 1, new FaultCase(workload, size, positional, any, LosesPower: false)));
                Last += calls * Variants;
            }
        }
    }
}
