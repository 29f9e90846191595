using System.Runtime.InteropServices;
using QuickStart;

using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = true;
    stop.Cancel();
});

try
{
    await new FraudDetector(stop.Token).RunAsync();
}
catch (OperationCanceledException)
{
    Console.WriteLine("stopped");
}
