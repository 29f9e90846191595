using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;

namespace EmbeddedLog.Tests;

/// <summary>
/// Each call of a very short life of a log fails once. The mode <c>faults</c> of the torture program does the same with
/// longer lives, all errors, once and for good.
/// </summary>
public sealed class CallFaultTests
{
    private static readonly FaultLifeSize s_size = new(2, 1, 8);

    [Theory]
    [InlineData(false, FileSystemError.DeviceFailure)]
    [InlineData(false, FileSystemError.NoSpace)]
    [InlineData(true, FileSystemError.DeviceFailure)]
    [InlineData(true, FileSystemError.TooManyFiles)]
    internal void AnyCallFails_NothingAcknowledgedIsLostAndNothingStaysOpen(bool positional, FileSystemError error)
    {
        int played = 0;
        foreach ((FaultKind kind, long calls) in FaultLife.Count(s_size, positional))
        {
            for (long call = 1; call <= calls; call++)
            {
                Fault fault = new(kind, call, error);
                Exception? violation = Record.Exception(
                    () => FaultLife.Check(s_size, positional, fault, losesPower: call % 2 == 0));
                Assert.True(violation is null, $"Call {call} of {kind} fails, then: {violation}");
                played++;
            }
        }

        Assert.True(played > 150, $"only {played} calls failed");
    }
}
